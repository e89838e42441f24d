import type { TopicDefinition } from '@ringback/contracts';
import type { EventStream } from './kafka.js';

export interface ProvisionOptions {
  /** Before every name, verbatim. */
  prefix: string;
  /** Default 1. */
  replicationFactor?: number;
  /** By the definition's name (without prefix): topic configuration that goes before the definition's own. */
  configOverrides?: Record<string, Record<string, string>>;
}

/** Creates the topics that are missing; leaves those that exist as they are. */
export async function provisionTopics(stream: EventStream, topics: readonly TopicDefinition[], options: ProvisionOptions): Promise<void> {
  throw new Error(`being built: ${stream.clientId} ${topics.length} ${options.prefix}`);
}
