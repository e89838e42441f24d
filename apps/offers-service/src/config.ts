import { parseMasterKey } from '@ringback/contracts';
import { commonConfigShape, kafkaConfigShape, loadConfig, portSetting, topicConfigShape } from '@ringback/service-runtime';
import { z } from 'zod';

/** 32 bytes in base64. */
const masterKey = z.string().transform((base64, context) => {
  try {
    return parseMasterKey(base64);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be 32 bytes in base64: make one with `openssl rand -base64 32`' });
    return z.NEVER;
  }
});

const shape = {
  ...commonConfigShape,
  PORT: portSetting(8081),
  /** Wraps the data keys that seal the callbacks' secrets. The dispatcher needs the same one. */
  MASTER_KEY: masterKey,
  /** What MASTER_KEY was before, while it is being replaced: see docs/runbook.md. */
  MASTER_KEY_PREVIOUS: masterKey.optional(),
  /** New secrets are sealed with a new data key once the newest is this old, in days. */
  DATA_KEY_MAX_AGE_DAYS: z.coerce.number().int().min(1).max(3_650).default(90),
  /** While more changes than this wait for Kafka, further ones are answered 503. */
  OUTBOX_MAX_ROWS: z.coerce.number().int().min(1).default(100_000),
  /** How often versions that nobody can need any more are looked for, in ms. */
  TOMBSTONE_INTERVAL_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .default(60 * 60 * 1000),
};

export type OffersConfig = ReturnType<typeof readConfig>;

/** @throws {ConfigError} with a line per setting that cannot be used. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return loadConfig(shape, env);
}

/** What the rotation of the master key needs. @throws {ConfigError} with a line per setting that cannot be used. */
export function readRotationConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  const { DATABASE_URL, TOPIC_PREFIX, MASTER_KEY, MASTER_KEY_PREVIOUS } = shape;
  return loadConfig({ DATABASE_URL, TOPIC_PREFIX, MASTER_KEY, MASTER_KEY_PREVIOUS }, env);
}

/** What writing the topic anew needs. @throws {ConfigError} with a line per setting that cannot be used. */
export function readRepublishConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return loadConfig({ DATABASE_URL: commonConfigShape.DATABASE_URL, ...topicConfigShape, ...kafkaConfigShape }, env);
}

/** What the migrations need. @throws {ConfigError} with a line per setting that cannot be used. */
export function readMigrationConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return loadConfig({ DATABASE_URL: commonConfigShape.DATABASE_URL }, env);
}
