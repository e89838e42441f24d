import { Partitioners } from 'kafkajs';

/** How every publisher of ours chooses the partition of a key: as Java's client does (murmur2). */
export const createPartitioner = Partitioners.DefaultPartitioner;

const partitioner = createPartitioner();

/**
 * @param partitions how many the topic has: of a topic that was given more since, older records stand elsewhere
 * @returns the partition that a publisher puts records of this key into
 */
export function partitionOf(topic: string, key: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }));
  return partitioner({ topic, partitionMetadata, message: { key, value: null } });
}
