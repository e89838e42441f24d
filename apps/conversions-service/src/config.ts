import { commonConfigShape, loadConfig, portSetting } from '@ringback/service-runtime';
import { z } from 'zod';

const shape = {
  ...commonConfigShape,
  PORT: portSetting(8082),
  /** While more events than this wait for Kafka, nothing more is recorded: 503. */
  OUTBOX_MAX_ROWS: z.coerce.number().int().min(1).default(100_000),
  /** Conversions whose last change is longer ago, in days, are deleted with their history. Not set: all are kept. */
  CONVERSION_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(400, 'must be at least 400: approvals come late, and what is deleted can be recorded anew')
    .max(36_500)
    .optional(),
  /** The personal data of conversions that were recorded longer ago, in days, is erased. Not set: it is kept. */
  PERSONAL_DATA_DAYS: z.coerce.number().int().min(8, 'must be at least 8: until then Kafka has it too').max(36_500).optional(),
  /** Requests a second of one API key in the long run, ten times that at once; a batch is one. 0: as many as come. */
  RATE_LIMIT_PER_KEY: z.coerce.number().int().min(0).max(1_000_000).default(600),
  /** Connections to PostgreSQL. */
  DATABASE_POOL_SIZE: z.coerce.number().int().min(6).max(200).default(20),
};

export type ConversionsConfig = ReturnType<typeof readConfig>;

/** @throws {ConfigError} with a line per setting that cannot be used. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return loadConfig(shape, env);
}

/** What the migrations need. @throws {ConfigError} with a line per setting that cannot be used. */
export function readMigrationConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return loadConfig({ DATABASE_URL: commonConfigShape.DATABASE_URL }, env);
}
