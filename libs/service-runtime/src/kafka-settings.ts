import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { ConfigError } from './config-error.js';
import { pemFile } from './pem-file.js';

/** A comma-separated list of `host:port`. */
const brokerList = z
  .string()
  .transform((list) =>
    list
      .split(',')
      .map((broker) => broker.trim())
      .filter((broker) => broker !== ''),
  )
  .refine(
    (brokers) =>
      brokers.length > 0 && brokers.every((broker) => /^[^\s:]+:\d{1,5}$/.test(broker) || /^\[[0-9a-fA-F:]+\]:\d{1,5}$/.test(broker)),
    {
      message: 'must be host:port, or several with commas between',
    },
  );

/** Where Kafka is and how it is reached. What they say together is checked by {@link kafkaConnection}. */
export const kafkaConfigShape = {
  KAFKA_BROKERS: brokerList,
  /** Whether connections are encrypted. Default: whether one of the files below is given. `true` alone trusts the authorities that Node knows. */
  KAFKA_SSL: z.enum(['true', 'false'], 'must be true or false').optional(),
  /** PEM file: the authority, or several, that signed the brokers' certificates. */
  KAFKA_SSL_CA: pemFile((pem) => void new X509Certificate(pem)).optional(),
  /** PEM files: the certificate, and its key, by which the brokers know this client. */
  KAFKA_SSL_CERT: pemFile((pem) => void new X509Certificate(pem)).optional(),
  KAFKA_SSL_KEY: pemFile((pem) => void createPrivateKey(pem)).optional(),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512'], 'must be plain, scram-sha-256 or scram-sha-512').optional(),
  KAFKA_SASL_USERNAME: z.string().max(1_000).optional(),
  KAFKA_SASL_PASSWORD: z.string().max(10_000).optional(),
};

export type KafkaSettings = z.infer<z.ZodObject<typeof kafkaConfigShape>>;

/** How topics are called and made. */
export const topicConfigShape = {
  /** Put before every topic's name and consumer group, so that several deployments can share a cluster. */
  TOPIC_PREFIX: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{0,60}$/, 'at most 60 of A-Z a-z 0-9 . _ -')
    .default(''),
  /** Copies of each topic's records; 1 on a single broker. Counts only when a topic is made. */
  KAFKA_REPLICATION_FACTOR: z.coerce.number().int().min(1).max(10).default(1),
  /** Copies that must have a record before it counts as written; default the brokers' own. Counts only when a topic is made. */
  KAFKA_MIN_INSYNC_REPLICAS: z.coerce.number().int().min(1).max(10).optional(),
};

export type TopicSettings = z.infer<z.ZodObject<typeof topicConfigShape>>;

/** @returns the same as `provisionTopics` takes it. */
export function topicProvision(settings: TopicSettings) {
  return {
    prefix: settings.TOPIC_PREFIX,
    replicationFactor: settings.KAFKA_REPLICATION_FACTOR,
    minInsyncReplicas: settings.KAFKA_MIN_INSYNC_REPLICAS,
  };
}

/** How to reach Kafka, as `EventStream` takes it. */
export interface KafkaConnection {
  readonly brokers: string[];
  /** PEM texts; without `ca`, the authorities that Node knows are trusted. Absent: not encrypted. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
}

/** @throws {ConfigError} a line for each setting that is at odds with another. */
export function kafkaConnection(settings: KafkaSettings): KafkaConnection {
  const { KAFKA_SSL_CA: ca, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key } = settings;
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = settings;
  const hasFiles = (ca ?? cert ?? key) !== undefined;
  const isEncrypted = settings.KAFKA_SSL === undefined ? hasFiles : settings.KAFKA_SSL === 'true';
  const wrong: string[] = [];
  if (hasFiles && !isEncrypted)
    wrong.push('KAFKA_SSL: is false although KAFKA_SSL_CA, KAFKA_SSL_CERT or KAFKA_SSL_KEY is set: unset one of them');
  if (cert !== undefined && key === undefined) wrong.push('KAFKA_SSL_KEY is not set: give the key of KAFKA_SSL_CERT');
  if (key !== undefined && cert === undefined) wrong.push('KAFKA_SSL_CERT is not set: give the certificate of KAFKA_SSL_KEY');
  if (cert !== undefined && key !== undefined && !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    wrong.push('KAFKA_SSL_KEY: is not the key of KAFKA_SSL_CERT: give the two that belong together');
  if (mechanism === undefined) {
    if (username !== undefined || password !== undefined)
      wrong.push('KAFKA_SASL_MECHANISM is not set: say how the user name and password are shown: plain, scram-sha-256 or scram-sha-512');
  } else {
    if (username === undefined) wrong.push(`KAFKA_SASL_USERNAME is not set: ${mechanism} needs it`);
    if (password === undefined) wrong.push(`KAFKA_SASL_PASSWORD is not set: ${mechanism} needs it`);
    if (mechanism === 'plain' && !isEncrypted)
      wrong.push('KAFKA_SASL_MECHANISM: plain shows the password to whoever listens: set KAFKA_SSL or KAFKA_SSL_CA, or use scram-sha-512');
  }
  if (wrong.length > 0) throw new ConfigError(wrong.join('\n'));
  return {
    brokers: settings.KAFKA_BROKERS,
    ...(isEncrypted ? { tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } } : {}),
    ...(mechanism && username && password ? { sasl: { mechanism, username, password } } : {}),
  };
}
