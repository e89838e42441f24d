import { endOfBatches } from './fetch-protocol.js';

const int = (bytes: 2 | 4 | 8, value: number) => {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeBigInt64BE(BigInt(value));
  else buffer.writeIntBE(value, 0, bytes);
  return buffer;
};

/** Only what a reader of headers looks at; `records` stands for whatever follows. */
function batch(firstOffset: number, lastOffset: number, records = Buffer.alloc(30)): Buffer {
  const body = Buffer.concat([Buffer.alloc(11), int(4, lastOffset - firstOffset), records]);
  return Buffer.concat([int(8, firstOffset), int(4, body.length), body]);
}

function answer(batches: Buffer, { aborted = 0, topics = 1 } = {}): Buffer {
  const topic = Buffer.from('prefix.topic');
  const header = [int(4, 0), int(2, 0), int(4, 0), int(4, topics), int(2, topic.length), topic, int(4, 1), int(4, 0), int(2, 0)];
  const offsets = [int(8, 100), int(8, 100), int(8, 0)];
  const transactions = [int(4, aborted), Buffer.alloc(Math.max(0, aborted) * 16)];
  return Buffer.concat([...header, ...offsets, ...transactions, int(4, -1), int(4, batches.length), batches]);
}

describe('the end of the batches in a fetch answer', () => {
  it('is the offset after the last whole batch, whether records are left in it or not', () => {
    expect(endOfBatches(answer(Buffer.concat([batch(0, 4), batch(5, 9)])))).toBe(10);
    expect(endOfBatches(answer(batch(7, 9, Buffer.alloc(34))))).toBe(10);
  });

  it('does not count a batch that is cut off', () => {
    const whole = Buffer.concat([batch(0, 4), batch(5, 9)]);
    expect(endOfBatches(answer(whole.subarray(0, whole.length - 1)))).toBe(5);
    expect(endOfBatches(answer(whole.subarray(0, 20)))).toBeNull();
  });

  it('is unknown when there is no batch, or no partition', () => {
    expect(endOfBatches(answer(Buffer.alloc(0)))).toBeNull();
    expect(endOfBatches(answer(batch(0, 4), { topics: 0 }))).toBeNull();
  });

  it('is found behind aborted transactions', () => {
    expect(endOfBatches(answer(batch(0, 4), { aborted: 3 }))).toBe(5);
    expect(endOfBatches(answer(batch(0, 4), { aborted: -1 }))).toBe(5);
  });
});
