import { eventually, type RunningKafka, type RunningPostgres, startKafka, startPostgres } from '@ringback/testbed';
import { OutboxRoom } from './testing/outbox-room.js';

let kafka: RunningKafka;
let postgres: RunningPostgres;
let room: OutboxRoom;

beforeAll(async () => {
  [kafka, postgres] = await Promise.all([startKafka({ heapMb: 256 }), startPostgres()]);
}, 120_000);
afterAll(() => Promise.all([kafka.stop(), postgres.stop()]));
beforeEach(async () => {
  room = await OutboxRoom.open({ brokers: [kafka.brokers], server: postgres.url });
});
afterEach(() => room.close());

const CATCH_UP = { timeoutMs: 10_000, questionTimeoutMs: 2_000 };
let next = 0;
/** One row a transaction, values 0, 1, 2… over five keys. */
const append = async () => {
  const [id] = await room.append([{ key: `k${next % 5}`, value: Buffer.from(String(next)) }]);
  next += 1;
  return id!;
};
const appendMany = async (count: number) => {
  let id = 0;
  for (let n = 0; n < count; n++) id = await append();
  return id;
};
/** First appearances, all keys together: the relay keeps even their order, since rows of one commit do not overtake. */
const firsts = (values: readonly string[]) => [...new Set(values)];
const upTo = (count: number) => Array.from({ length: count }, (_, n) => String(n));
const valuesOf = (records: readonly { value: Buffer | null }[]) => records.map(({ value }) => String(value));
const sinceMs = (startedAt: number) => performance.now() - startedAt;

beforeEach(() => {
  next = 0;
});

describe.each([
  ['killed', () => kafka.kill(), () => kafka.restart()],
  ['stopped by SIGSTOP', () => kafka.pause(), () => kafka.resume()],
] as const)('Kafka %s', (how, away, back) => {
  it('is waited for: rows stay, then go out in order; the reader skips and repeats nothing', async () => {
    const relay = room.relay({ publisher: room.publisher({ requestTimeoutMs: 1_000 }) });
    const { reader, records, fatal } = room.reader();
    relay.start();
    await reader.start();
    expect(await relay.waitUntilPublished(await appendMany(20), 10_000)).toBe(true);
    await away();
    try {
      for (let n = 0; n < 100; n++) {
        await append();
        relay.wake();
      }
      expect(await reader.catchUp(CATCH_UP)).toBe('unreachable');
      // Known to be away by now: whoever asks is told at once.
      const askedAt = performance.now();
      expect(await Promise.all([reader.catchUp(CATCH_UP), reader.catchUp(CATCH_UP)])).toEqual(['unreachable', 'unreachable']);
      expect(sinceMs(askedAt)).toBeLessThan(1_000);
      // Longer than a produce request may take, so that a producer was replaced.
      await eventually(() => room.logger.messages('warn').some((message) => message.includes('Kafka does not do as asked')), {
        timeoutMs: 10_000,
      });
      expect(await relay.waitUntilPublished(await append(), 1_500)).toBe(false);
    } finally {
      await back();
    }
    const last = await append();
    relay.wake();
    const backAt = performance.now();
    expect(await relay.waitUntilPublished(last, 20_000)).toBe(true);
    // The broker answers before its port tells so; a machine shared with other specs is slow. Alone it takes about a second.
    expect(sinceMs(backAt)).toBeLessThan(10_000);
    await eventually(async () => (await reader.catchUp(CATCH_UP)) === 'fresh', { timeoutMs: 20_000 });
    expect(firsts(valuesOf(records))).toEqual(upTo(next));
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, index) => index));
    expect(fatal).toEqual([]);
  }, 90_000);
});

describe.each([
  ['killed', () => postgres.kill(), () => postgres.restart()],
  ['stopped by SIGSTOP', () => postgres.pause(), () => postgres.resume()],
] as const)('PostgreSQL %s', (how, away, back) => {
  it('is waited for, and publishing goes on by itself', async () => {
    const relay = room.relay();
    relay.start();
    expect(await relay.waitUntilPublished(await appendMany(20), 10_000)).toBe(true);
    await away();
    try {
      relay.wake();
      await eventually(() => room.logger.messages('warn').some((message) => message.includes('PostgreSQL does not')), {
        timeoutMs: 20_000,
      });
      expect(await relay.waitUntilPublished(99, 200)).toBe(false);
    } finally {
      await back();
    }
    const last = await eventually(() => append(), { timeoutMs: 20_000 });
    relay.wake();
    expect(await relay.waitUntilPublished(last, 20_000)).toBe(true);
    expect(firsts((await room.published()).map((line) => line.split('=')[1]!))).toEqual(upTo(next));
  }, 90_000);
});

it('both away when it starts: it waits, and nothing is thrown', async () => {
  await append();
  await Promise.all([kafka.kill(), postgres.kill()]);
  const relay = room.relay();
  const { reader, records } = room.reader();
  relay.start();
  relay.wake();
  const started = reader.start();
  await eventually(() => room.logger.messages('warn').length >= 2, { timeoutMs: 20_000 });
  await Promise.all([kafka.restart(), postgres.restart()]);
  await started;
  await eventually(() => records.length > 0, { timeoutMs: 20_000 });
  expect(valuesOf(records)).toEqual(['0']);
}, 90_000);
