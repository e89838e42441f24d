import { resolve } from 'node:path';
import { commonConfigShape, ConfigError, kafkaConfigShape, kafkaConnection, loadConfig, portSetting } from '@ringback/service-runtime';
import type { ServiceName } from '@ringback/testbed';
import { WORKSPACE } from '@ringback/testbed';
import { z } from 'zod';
import { LocalError } from './local-error.js';

const shape = {
  /** A PostgreSQL of yours, instead of the one that Ringback brings. */
  DATABASE_URL: commonConfigShape.DATABASE_URL.optional(),
  /** A Kafka of yours: `host:port`, or several with commas between; with the settings of its TLS and SASL. */
  ...kafkaConfigShape,
  KAFKA_BROKERS: kafkaConfigShape.KAFKA_BROKERS.optional(),
  TOPIC_PREFIX: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{0,60}$/, 'at most 60 of A-Z a-z 0-9 . _ -')
    .default(''),
  GATEWAY_PORT: portSetting(8080),
  OFFERS_PORT: portSetting(8081),
  CONVERSIONS_PORT: portSetting(8082),
  DISPATCHER_PORT: portSetting(8083),
  /** Of the PostgreSQL and the Kafka that Ringback brings. Default: any free one, and the same again the next time. */
  POSTGRES_PORT: portSetting(0),
  KAFKA_PORT: portSetting(0),
  ADMIN_EMAIL: z.email('must be an email address').default('admin@example.com'),
  ADMIN_PASSWORD: z.string().min(12, 'must have at least 12 characters').optional(),
  BOOTSTRAP_API_KEY: z
    .string()
    .regex(/^[A-Za-z0-9._~+/-]{32,}=*$/, 'must be at least 32 of A-Z a-z 0-9 . _ ~ + / -: make one with `openssl rand -hex 32`')
    .optional(),
  /** Loopback by default: on one's own machine the receiver is there too. */
  CALLBACK_ALLOWED_NETWORKS: z.string().default('127.0.0.0/8,::1/128'),
  /** Where all that is kept lies: data, secrets, logs. */
  RINGBACK_STATE: z.string().default('.local'),
};

/** How a Kafka that was given is reached; the one that Ringback brings is reached without. */
const KAFKA_SECURITY = Object.keys(kafkaConfigShape).filter((name) => name !== 'KAFKA_BROKERS');
/** What the services get from us, never from the shell. */
const OURS = [...Object.keys(shape), 'PORT', 'HOST', 'MASTER_KEY', 'SERVICE_TOKEN_SECRET', 'SESSION_SECRET', 'INSTANCE_ID'];

export type LocalConfig = ReturnType<typeof readConfig>;

/** @throws {LocalError} with one line per setting that cannot be used. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  try {
    const config = loadConfig(shape, env);
    const { KAFKA_BROKERS } = config;
    const kafka = KAFKA_BROKERS === undefined ? undefined : kafkaConnection({ ...config, KAFKA_BROKERS });
    const notPassedOn = kafka === undefined ? OURS : OURS.filter((name) => !KAFKA_SECURITY.includes(name));
    return {
      ...config,
      /** The Kafka that was given. */
      kafka,
      stateFolder: resolve(WORKSPACE, config.RINGBACK_STATE),
      ports: {
        gateway: config.GATEWAY_PORT,
        'offers-service': config.OFFERS_PORT,
        'conversions-service': config.CONVERSIONS_PORT,
        'dispatcher-service': config.DISPATCHER_PORT,
      } satisfies Record<ServiceName, number>,
      /** The rest of the shell's environment, e.g. LOG_LEVEL, which the services may read. */
      passedOn: Object.fromEntries(
        Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && !notPassedOn.includes(entry[0])),
      ),
    };
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new LocalError('CONFIG_INVALID', cause.message, { cause });
  }
}
