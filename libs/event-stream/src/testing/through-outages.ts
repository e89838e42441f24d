import type { LeasedConsumer } from '../leased-consumer.js';

export const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i));
export const sorted = (values: string[]) => [...values].sort((a, b) => Number(a) - Number(b));
export const areLive = (consumer: LeasedConsumer, count: number) => {
  const { partitions } = consumer.health();
  return partitions.length === count && partitions.every(({ state }) => state === 'live');
};
/** From the moment the server answers again until messages flow. */
export const RESUMES_WITHIN_MS = 5_000;
