import { Partitioners } from 'kafkajs';
import { createPartitioner, partitionOf } from './partition-of.js';

const javaClient = Partitioners.DefaultPartitioner();

function metadata(partitions: number) {
  return Array.from({ length: partitions }, (_, partitionId) => ({ partitionErrorCode: 0, partitionId, leader: 0, replicas: [], isr: [] }));
}

describe('the partition of a key', () => {
  // Of Kafka's own test of `Utils.murmur2`: the hash, of which the partition is the rest.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('is that of the Java client: %s', (key, hash) => {
    expect(partitionOf(key, 2_000_003)).toBe((hash & 0x7fff_ffff) % 2_000_003);
  });

  it('is that of the kafkajs partitioner, whatever the length and the bytes of the key', () => {
    const ours = createPartitioner();
    for (let length = 0; length < 300; length++) {
      const key = Buffer.from(Array.from({ length }, (_, index) => (length * 31 + index * 7919) & 0xff));
      for (const partitions of [1, 3, 12, 100]) {
        const asked = { topic: 'a', partitionMetadata: metadata(partitions), message: { key, value: null } };
        expect(ours(asked)).toBe(javaClient(asked));
      }
    }
  });

  it('is the same for a text and for its bytes', () => {
    for (const key of ['', 'a', 'ключ', '鍵\u{1f511}']) expect(partitionOf(key, 97)).toBe(partitionOf(Buffer.from(key, 'utf8'), 97));
  });
});
