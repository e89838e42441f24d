import { commonConfigShape, loadConfig, portSetting } from '@ringback/service-runtime';
import { z } from 'zod';

const shape = {
  ...commonConfigShape,
  PORT: portSetting(8082),
  /** While more events than this wait for Kafka, nothing more is recorded: 503. */
  OUTBOX_MAX_ROWS: z.coerce.number().int().min(1).default(100_000),
  /** Connections to PostgreSQL. */
  DATABASE_POOL_SIZE: z.coerce.number().int().min(6).max(200).default(20),
  /** Copies of each topic's records; 1 on a single broker. Counts only when a topic is made. */
  KAFKA_REPLICATION_FACTOR: z.coerce.number().int().min(1).max(10).default(1),
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
