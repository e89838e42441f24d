import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseMasterKey } from '@ringback/contracts';
import { commonConfigShape, loadConfig, portSetting } from '@ringback/service-runtime';

const count = (fallback: number) => z.coerce.number().int().min(1).max(10_000_000).default(fallback);

const shape = {
  ...commonConfigShape,
  PORT: portSetting(8083),
  /** Unwraps the data keys that callbacks' secrets are sealed with. */
  MASTER_KEY: z.string().transform((value, context) => {
    try {
      return parseMasterKey(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  }),
  /** Deliveries, and bytes of events, between Kafka and their recording. */
  WINDOW_DELIVERIES: count(10_000),
  WINDOW_BYTES: z.coerce
    .number()
    .int()
    .min(262_144)
    .default(64 * 1024 * 1024),
  /** Most of the window that one destination may fill. */
  WINDOW_DESTINATION_SHARE: z.coerce.number().min(0.001).max(1).default(0.25),
  /** What is unsettled for longer is parked, in ms. */
  PARK_AFTER_MS: count(2_000),
  /** How long a claim of parked deliveries holds, in ms: at least the longest request (30 s) and the time to record it. */
  PARKED_LEASE_MS: z.coerce.number().int().min(36_000).max(600_000).default(45_000),
  /** Parked deliveries that this process has in hand at once. */
  PARKED_IN_HAND: count(4_000),
  /** Requests under way to one destination, and to all. 512 at 200 ms an answer are 2,560 a second. */
  DESTINATION_IN_FLIGHT: count(512),
  TOTAL_IN_FLIGHT: count(4_000),
  /** Copies of each topic's records; 1 on a single broker. Counts only when a topic is made. */
  KAFKA_REPLICATION_FACTOR: z.coerce.number().int().min(1).max(10).default(1),
  DATABASE_CONNECTIONS: z.coerce.number().int().min(6).max(100).default(10),
};

export type Config = ReturnType<typeof readConfig>;

/** @throws {ConfigError} naming each setting that cannot be used. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return loadConfig(shape, env);
}

/** How this program calls itself towards receivers: `Ringback/<version>`. */
export function userAgent(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return `Ringback/${version}`;
}

/** All that migrating needs. @throws {ConfigError} */
export function readDatabaseUrl(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return loadConfig({ DATABASE_URL: commonConfigShape.DATABASE_URL }, env).DATABASE_URL;
}
