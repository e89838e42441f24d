import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseMasterKey } from '@ringback/contracts';
import { commonConfigShape, loadConfig, portSetting } from '@ringback/service-runtime';
import { parseNetworks, parsePorts } from './delivery/address-check.js';
import { DEFAULT_RETENTION_DAYS } from './schema/day-partitions.js';

/** The topic's retention (7 days), the longest schedule (7) and the time after it until what waits is given up (7). */
const MIN_RETENTION_DAYS = 21;

const count = (fallback: number) => z.coerce.number().int().min(1).max(10_000_000).default(fallback);

/** A setting that `read` takes apart; what it throws says what is wrong. */
const parsed = <T>(read: (text: string) => T) =>
  z.string().transform((text, context) => {
    try {
      return read(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });

const shape = {
  ...commonConfigShape,
  PORT: portSetting(8083),
  /** Address of conversions-service, whose ledger has the events that are sent again. */
  CONVERSIONS_URL: z
    .url({ protocol: /^https?$/, message: 'must be a URL such as http://127.0.0.1:8082' })
    .default('http://127.0.0.1:8082')
    .transform((url) => url.replace(/\/+$/, '')),
  /** Unwraps the data keys that callbacks' secrets are sealed with. */
  MASTER_KEY: parsed(parseMasterKey),
  /** What MASTER_KEY was before, while it is being replaced: see docs/runbook.md. */
  MASTER_KEY_PREVIOUS: parsed(parseMasterKey).optional(),
  /** From a name's look-up to the end of the TLS handshake, in ms. */
  CALLBACK_CONNECT_TIMEOUT_MS: z.coerce.number().int().min(100).max(30_000).default(3_000),
  /** Networks that callbacks may reach although they are not public: CIDRs, separated by commas, e.g. `10.20.0.0/16,fd12::/48`. */
  CALLBACK_ALLOWED_NETWORKS: parsed(parseNetworks).prefault(''),
  /** The only ports that callbacks may reach, e.g. `80,443,8000-8999`. Not set: all. */
  CALLBACK_ALLOWED_PORTS: parsed(parsePorts).prefault(''),
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
  /** What goes out of the backlogs of one destination that was away, over the whole deployment, a second. */
  DRAIN_PER_SECOND: count(1_000),
  /** Most requests under way to one destination (over the whole deployment), and to all (of this process). 512 at 200 ms an answer are 2,560 a second. */
  DESTINATION_IN_FLIGHT: count(512),
  TOTAL_IN_FLIGHT: count(4_000),
  /** How long the delivery log is kept, in days. Whole days are dropped; an event that is older is refused as `too-old`. */
  LOG_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(
      MIN_RETENTION_DAYS,
      `must be at least ${MIN_RETENTION_DAYS}: an event may be read 7 days after it was recorded, its retries take up to 7 days, and what waits is given up 7 days later`,
    )
    .max(365)
    .default(DEFAULT_RETENTION_DAYS),
  /** While more announcements than this wait for Kafka, the log says so. They are kept, and recording goes on. */
  OUTBOX_MAX_ROWS: count(100_000),
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
