import { setTimeout as pause } from 'node:timers/promises';
import type { TopicDefinition } from '@ringback/contracts';
import kafkajs, { type Admin } from 'kafkajs';
import { Backoff } from './backoff.js';
import { withDeadline } from './deadline.js';
import { EventStreamError, kafkaErrorType } from './event-stream-error.js';
import type { EventStream } from './kafka.js';

// Node sees only some of this CommonJS module's names as exports, and these are not among them.
const { ConfigResourceTypes, KafkaJSAggregateError } = kafkajs;

export interface ProvisionOptions {
  /** Before every name, verbatim. */
  prefix: string;
  /** Copies of each record. Default 1. */
  replicationFactor?: number;
  /** Copies that must have a record before it counts as written. Default what the brokers have as theirs. */
  minInsyncReplicas?: number | undefined;
  /** By the definition's name (without prefix): topic configuration that goes before the definition's own. */
  configOverrides?: Record<string, Record<string, string>>;
  /** Gives up waiting for Kafka. */
  signal?: AbortSignal;
}

interface WantedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

/** Kafka's answers that trying again does not change. */
const FINAL = new Set([
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_CONFIG',
  'INVALID_PARTITIONS',
  'POLICY_VIOLATION',
]);
const NOT_SERVED_YET = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']);
const MIN_INSYNC = 'min.insync.replicas';
const TOO_LITTLE =
  'a topic keeps fewer copies than wanted, so what was acknowledged may be lost with one broker: give it more with kafka-reassign-partitions.sh ' +
  'and kafka-configs.sh (docs/runbook.md, "A topic keeps too few copies")';
const TRY_TIMEOUT_MS = 20_000;
const SERVED_TRIES = 100;
const SERVED_PAUSE_MS = 50;

/**
 * Creates the topics that are missing and waits until they have leaders. Idempotent, and safe from several processes at once. Topics that
 * exist are left as they are, since what differs may be an operator's wish: a difference is logged as a warning, which says what to do where
 * fewer copies are kept than wanted.
 * While Kafka is away it keeps trying (pause 0.1 to 2 s), until `signal` is aborted.
 * @throws {EventStreamError} `TOPIC_MISMATCH` when a topic of one partition has more; `TOPIC_REFUSED` when Kafka will never create one;
 *   `KAFKA_UNAVAILABLE` when aborted
 */
export async function provisionTopics(stream: EventStream, topics: readonly TopicDefinition[], options: ProvisionOptions): Promise<void> {
  const { prefix, replicationFactor = 1, minInsyncReplicas, configOverrides = {}, signal } = options;
  const wanted = topics.map(({ name, partitions, config }) => ({
    name: prefix + name,
    partitions,
    config: { ...(minInsyncReplicas && { [MIN_INSYNC]: String(minInsyncReplicas) }), ...config, ...configOverrides[name] },
  }));
  const backoff = new Backoff({ firstMs: 100, maxMs: 2_000 });
  for (;;) {
    const client = stream.client({ requestTimeoutMs: TRY_TIMEOUT_MS / 2 });
    const admin = client.kafka.admin();
    try {
      await withDeadline(provision(stream, admin, wanted, replicationFactor), TRY_TIMEOUT_MS, 'creating topics');
      return;
    } catch (error) {
      if (error instanceof EventStreamError && error.code !== 'KAFKA_UNAVAILABLE') throw error;
      if (signal?.aborted) throw new EventStreamError('KAFKA_UNAVAILABLE', 'topics were not created: told to stop', { cause: error });
      stream.logger.warn({ err: error }, 'topics cannot be created yet; trying again');
    } finally {
      client.cutOff();
    }
    await pause(backoff.failed(), undefined, { signal }).catch(() => undefined);
  }
}

async function provision(stream: EventStream, admin: Admin, wanted: readonly WantedTopic[], replicationFactor: number): Promise<void> {
  await admin.connect();
  const existing = new Set(await admin.listTopics());
  const missing = wanted.filter(({ name }) => !existing.has(name));
  if (missing.length > 0) await create(admin, missing, replicationFactor);
  await untilServed(admin, wanted);
  // Also those that seemed to be missing: another process may have been faster, and known better.
  await compare(stream, admin, wanted, replicationFactor);
}

/** A topic just made is not known to every broker at once, and a broker that is named as leader may not know that it is. */
async function untilServed(admin: Admin, wanted: readonly WantedTopic[]): Promise<void> {
  const names = wanted.map(({ name }) => name);
  for (let tries = 0; ; tries++) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: names });
      if (topics.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0))) {
        await Promise.all(names.map((name) => admin.fetchTopicOffsets(name)));
        return;
      }
    } catch (error) {
      if (!NOT_SERVED_YET.has(kafkaErrorType(error) ?? '')) throw error;
    }
    if (tries >= SERVED_TRIES) throw new EventStreamError('KAFKA_UNAVAILABLE', 'topics were created but have no leaders yet');
    await pause(SERVED_PAUSE_MS);
  }
}

async function create(admin: Admin, missing: readonly WantedTopic[], replicationFactor: number): Promise<void> {
  try {
    await admin.createTopics({
      waitForLeaders: false,
      topics: missing.map(({ name, partitions, config }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor,
        configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
      })),
    });
  } catch (cause) {
    const errors: unknown[] = cause instanceof KafkaJSAggregateError ? [...cause.errors] : [cause];
    const final = errors.find((error) => FINAL.has(kafkaErrorType(error) ?? ''));
    if (final instanceof Error) throw new EventStreamError('TOPIC_REFUSED', `a topic cannot be created: ${final.message}`, { cause });
    // Another process was faster.
    if (errors.every((error) => kafkaErrorType(error) === 'TOPIC_ALREADY_EXISTS')) return;
    throw cause;
  }
}

async function compare(stream: EventStream, admin: Admin, kept: readonly WantedTopic[], replicationFactor: number): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: kept.map(({ name }) => name) });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: kept.map(({ name, config }) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: Object.keys(config) })),
  });
  for (const { name, partitions, config } of kept) {
    const there = topics.find((topic) => topic.name === name)?.partitions ?? [];
    const found = there.length;
    if (partitions === 1 && found !== 1)
      throw new EventStreamError('TOPIC_MISMATCH', `topic ${name} has ${found} partitions where its total order needs one`);
    const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
    const different = entries
      .filter(({ configName, configValue }) => config[configName] !== undefined && config[configName] !== configValue)
      .map(({ configName, configValue }) => `${configName} is ${configValue}, not ${config[configName]}`);
    if (found !== partitions) different.push(`it has ${found} partitions, not ${partitions}`);
    const copies = Math.min(...there.map(({ replicas }) => replicas.length));
    if (copies !== replicationFactor) different.push(`it has ${copies} copies of each record, not ${replicationFactor}`);
    if (different.length === 0) continue;
    const inSync = entries.find(({ configName }) => configName === MIN_INSYNC)?.configValue;
    const isTooLittle = copies < replicationFactor || Number(inSync ?? 1) < Number(config[MIN_INSYNC] ?? 1);
    const fields = { topic: name, different };
    if (isTooLittle) stream.logger.warn(fields, TOO_LITTLE);
    else stream.logger.warn(fields, 'a topic differs from what is wanted and was left as it is');
  }
}
