import { createRequire } from 'node:module';
import type { Broker } from 'kafkajs';

/** A record as Kafka holds it; control records are those that transactions leave behind. */
export interface FetchedRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly isControlRecord: boolean;
}

export interface FetchAnswer {
  /** Of whole batches, so also some below the offset asked for. */
  readonly records: readonly FetchedRecord[];
  /** The offset after the last whole batch of the answer, whether records are left in it or not; null when it holds no batch. */
  readonly afterLastBatch: number | null;
  /** The partition's end offset (high watermark), known before the batches were read; null when the answer is empty: Kafka throttles. */
  readonly endOffset: number | null;
}

export interface FetchRequest {
  readonly topic: string;
  readonly offset: number;
  readonly maxBytes: number;
  /** How long Kafka holds the request while there is nothing to read, in ms. */
  readonly maxWaitMs: number;
}

interface DecodedAnswer {
  readonly responses: readonly {
    readonly partitions: readonly { readonly highWatermark: string; readonly messages: readonly FetchedRecord[] }[];
  }[];
}
interface Request {
  readonly encode: () => Promise<unknown>;
}
interface Response<T> {
  readonly decode: (raw: Buffer) => Promise<T>;
  readonly parse: (answer: T) => Promise<T>;
}

// Fetch 11 is what kafkajs 2.2.4 speaks at most, and every Kafka since 2.3. The version of kafkajs is pinned exactly, so that these files
// are there; `compacted-topics.int.spec.ts` fails when they are not.
const load = createRequire(import.meta.url);
const request = load('kafkajs/src/protocol/requests/fetch/v11/request.js') as (fields: object) => Request;
const response = load('kafkajs/src/protocol/requests/fetch/v11/response.js') as Response<DecodedAnswer>;

const PARTITION = 0;
const CONSUMER = -1;
const READ_UNCOMMITTED = 0;

/**
 * One Fetch of partition 0. Done here and not by kafkajs' `broker.fetch`, because that throws away batches without a record, which
 * compaction leaves behind (an idempotent producer's last batch is kept, emptied). Where an answer holds nothing else, kafkajs' consumer
 * asks for the same offset for ever (kafkajs#1072); we go on after the batch. Rejects as kafkajs does.
 */
export async function fetchBatches(broker: Broker, { topic, offset, maxBytes, maxWaitMs }: FetchRequest): Promise<FetchAnswer> {
  let afterLastBatch: number | null = null;
  const { connectionPool } = broker as unknown as { connectionPool: { send(o: object): Promise<DecodedAnswer> } };
  const answer = await connectionPool.send({
    request: request({
      replicaId: CONSUMER,
      isolationLevel: READ_UNCOMMITTED,
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes,
      topics: [{ topic, partitions: [{ partition: PARTITION, fetchOffset: String(offset), maxBytes }] }],
    }),
    response: {
      decode: async (raw: Buffer) => {
        afterLastBatch = endOfBatches(raw);
        return response.decode(raw);
      },
      parse: response.parse,
    },
    requestTimeout: maxWaitMs + 1_000,
  });
  const partition = answer.responses[0]?.partitions[0];
  return {
    records: partition?.messages ?? [],
    afterLastBatch,
    endOffset: partition === undefined ? null : Number(partition.highWatermark),
  };
}

/** Base offset and length, which every batch begins with. */
const BATCH_START_BYTES = 12;
/** From the end of those to `lastOffsetDelta`: leader epoch, magic, CRC, attributes. */
const TO_LAST_OFFSET_DELTA_BYTES = 4 + 1 + 4 + 2;

/**
 * Walks over the batch headers of a Fetch 11 answer for one partition.
 * https://kafka.apache.org/protocol#The_Messages_Fetch, https://kafka.apache.org/documentation/#recordbatch
 * @returns the offset after the last whole batch, or null when there is none. A batch cut off at the end does not count.
 */
export function endOfBatches(raw: Buffer): number | null {
  let at = 4 + 2 + 4; // throttle time, error, session
  if (raw.readInt32BE(at) !== 1) return null;
  at += 4;
  at += 2 + raw.readInt16BE(at); // topic
  if (raw.readInt32BE(at) !== 1) return null;
  at += 4 + 4 + 2 + 8 + 8 + 8; // partitions, partition, error, high watermark, last stable and first offset
  at += 4 + Math.max(0, raw.readInt32BE(at)) * 16; // aborted transactions
  at += 4; // preferred replica
  const end = Math.min(raw.length, at + 4 + Math.max(0, raw.readInt32BE(at)));
  at += 4;
  let after: number | null = null;
  while (at + BATCH_START_BYTES + TO_LAST_OFFSET_DELTA_BYTES + 4 <= end) {
    const next = at + BATCH_START_BYTES + raw.readInt32BE(at + 8);
    if (next > end) break;
    after = Number(raw.readBigInt64BE(at)) + raw.readInt32BE(at + BATCH_START_BYTES + TO_LAST_OFFSET_DELTA_BYTES) + 1;
    at = next;
  }
  return after;
}
