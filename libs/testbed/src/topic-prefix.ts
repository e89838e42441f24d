import { randomBytes } from 'node:crypto';

/** @returns a prefix that no other spec has: its topics and consumer groups are its own on a shared Kafka. */
export function randomTopicPrefix(): string {
  return `t${randomBytes(6).toString('hex')}.`;
}
