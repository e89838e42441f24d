import type { ICustomPartitioner } from 'kafkajs';

/**
 * How every publisher of ours chooses the partition of a key: as Java's client does. The kafkajs partitioner that does the same computes with
 * BigInt, 5.8 KB of garbage and 3 µs a record.
 */
export const createPartitioner: ICustomPartitioner =
  () =>
  ({ message, partitionMetadata }) =>
    partitionOf(message.key!, partitionMetadata.length);

/**
 * @param partitions how many the topic has: of a topic that was given more since, older records stand elsewhere
 * @returns the partition that a publisher puts records of this key into
 */
export function partitionOf(key: string | Buffer, partitions: number): number {
  return (murmur2(typeof key === 'string' ? Buffer.from(key, 'utf8') : key) & 0x7fff_ffff) % partitions;
}

const SEED = 0x9747_b28c;
const MIX = 0x5bd1_e995;

/** MurmurHash2 of 32 bits with the seed that Kafka's Java client takes (`org.apache.kafka.common.utils.Utils.murmur2`). */
function murmur2(data: Buffer): number {
  const { length } = data;
  const whole = length & ~3;
  let hash = SEED ^ length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24), MIX);
    word = Math.imul(word ^ (word >>> 24), MIX);
    hash = Math.imul(hash, MIX) ^ word;
  }
  if (whole < length) {
    for (let at = length - 1; at >= whole; at--) hash ^= data[at]! << (8 * (at - whole));
    hash = Math.imul(hash, MIX);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MIX);
  return hash ^ (hash >>> 15);
}
