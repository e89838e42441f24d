import { eventually } from '@ringback/testbed';
import { EventStreamError } from './event-stream-error.js';
import type { OutgoingRecord } from './publisher.js';
import { OutboxRoom, SCHEMA } from './testing/outbox-room.js';

let room: OutboxRoom;
beforeEach(async () => {
  room = await OutboxRoom.open();
});
afterEach(() => room.close());

const value = (text: string) => Buffer.from(text);

describe('outbox', () => {
  it('gives ids in the order of the rows, and takes those given', async () => {
    const drawn = await room.append([
      { key: 'a', value: value('1') },
      { key: 'a', value: value('2') },
      { key: 'b', value: null },
    ]);
    expect(drawn).toEqual([drawn[0], drawn[0]! + 1, drawn[0]! + 2]);
    expect(await room.append([{ id: 1_000, key: 'a', value: value('3') }])).toEqual([1_000]);
  });

  it('keeps nothing of a transaction that is rolled back', async () => {
    await expect(
      room.append([
        { key: 'a', value: value('1') },
        { id: 1, key: 'a', value: value('2') },
      ]),
    ).rejects.toThrow(/duplicate key/);
    expect(await room.waiting()).toBe(0);
  });

  it('refuses a schema that is no plain name', () => {
    expect(() => room.relay({ schema: 'shop; drop table x' })).toThrow(RangeError);
  });
});

describe('outbox relay', () => {
  it('publishes what was committed, in the order of ids, tombstones too, and deletes it', async () => {
    const relay = room.relay();
    relay.start();
    await room.append([
      { key: 'a', value: value('1') },
      { key: 'b', value: value('1') },
    ]);
    const [id] = await room.append([{ key: 'a', value: null }]);
    relay.wake();
    expect(await relay.waitUntilPublished(id!, 5_000)).toBe(true);
    expect(await room.published()).toEqual(['a=1', 'b=1', 'a=']);
    await eventually(async () => (await room.waiting()) === 0);
  });

  it('finds rows that nobody told it of', async () => {
    const relay = room.relay();
    relay.start();
    const [id] = await room.append([{ key: 'a', value: value('1') }]);
    expect(await relay.waitUntilPublished(id!, 5_000)).toBe(true);
  });

  it('finds a row that commits after rows with higher ids', async () => {
    const relay = room.relay();
    relay.start();
    const late = await room.pool.connect();
    await late.query('begin');
    await late.query(`insert into ${SCHEMA}.outbox (id, topic, key, value) values (1, $1, 'late', 'x')`, [room.topic]);
    const [early] = await room.append([{ id: 2, key: 'early', value: value('x') }]);
    relay.wake();
    expect(await relay.waitUntilPublished(early!, 5_000)).toBe(true);
    await late.query('commit');
    late.release();
    relay.wake();
    await eventually(async () => (await room.published()).length === 2);
    expect(await room.published()).toEqual(['early=x', 'late=x']);
  });

  it('publishes more than fits into one send, in order', async () => {
    const big = 'x'.repeat(10_000);
    await room.append(Array.from({ length: 2_000 }, (_, n) => ({ key: `k${n % 7}`, value: value(`${n}:${n % 10 === 0 ? big : ''}`) })));
    const relay = room.relay();
    relay.start();
    await eventually(async () => (await room.waiting()) === 0, { timeoutMs: 20_000 });
    const order = (await room.published()).map((line) => Number(/=(\d+):/.exec(line)![1]));
    expect(order).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
  });

  it('sets aside a row that Kafka will never take, says so, and goes on', async () => {
    const ids = await room.append(
      Array.from({ length: 21 }, (_, n) => ({ key: `k${n}`, value: n === 13 ? Buffer.alloc(1_200_000) : value(String(n)) })),
    );
    const relay = room.relay();
    relay.start();
    expect(await relay.waitUntilPublished(ids[20]!, 10_000)).toBe(true);
    expect(await relay.waitUntilPublished(ids[13]!, 10_000)).toBe(false);
    const { rows } = await room.pool.query(`select id, set_aside_reason from ${SCHEMA}.outbox`);
    expect(rows).toEqual([{ id: String(ids[13]), set_aside_reason: 'MESSAGE_TOO_LARGE' }]);
    expect(room.logger.messages('error')).toEqual([expect.stringContaining('set aside')]);
    const keys = new Set((await room.published()).map((line) => line.split('=')[0]));
    expect([...keys]).toEqual(Array.from({ length: 21 }, (_, n) => `k${n}`).filter((key) => key !== 'k13'));
  });

  it('says when it is full, and when it no longer is', async () => {
    let isAway = true;
    const real = room.publisher();
    const send = (records: readonly OutgoingRecord[]) =>
      isAway ? Promise.reject(new EventStreamError('KAFKA_UNAVAILABLE', 'away')) : real.send(records);
    const relay = room.relay({ publisher: { send }, maxRows: 10 });
    relay.start();
    await room.append(Array.from({ length: 10 }, () => ({ key: 'a', value: null })));
    await eventually(() => room.logger.messages('warn').some((message) => message.includes('Kafka does not')));
    expect(relay.isFull()).toBe(false);
    const [id] = await room.append([{ key: 'a', value: null }]);
    await eventually(() => relay.isFull());
    expect(room.logger.messages('error')).toEqual(['outbox: more rows than that wait for Kafka']);
    expect(await relay.waitUntilPublished(id!, 100)).toBe(false);
    isAway = false;
    await eventually(() => !relay.isFull());
    expect(await room.waiting()).toBe(0);
  });

  it('repeats the rows of a failed send before anything that comes after them', async () => {
    const real = room.publisher();
    const sends: string[][] = [];
    const send = async (records: readonly OutgoingRecord[]) => {
      sends.push(records.map(({ value }) => String(value)));
      if (sends.length <= 3) throw new EventStreamError('KAFKA_UNAVAILABLE', 'no answer');
      await real.send(records);
    };
    const relay = room.relay({ publisher: { send } });
    const first = await room.append([
      { key: 'a', value: value('1') },
      { key: 'a', value: value('2') },
    ]);
    relay.start();
    await eventually(() => sends.length >= 2);
    const [last] = await room.append([{ key: 'a', value: value('3') }]);
    relay.wake();
    expect(await relay.waitUntilPublished(last!, 5_000)).toBe(true);
    expect(await relay.waitUntilPublished(first[0]!, 0)).toBe(true);
    expect(sends[0]).toEqual(['1', '2']);
    expect(sends.every((values) => values.join().startsWith('1,2') || values.join() === '3')).toBe(true);
    expect(await room.published()).toEqual(['a=1', 'a=2', 'a=3']);
  });

  it('leaves publishing to the one who holds the lease, and takes over at once when it lets go', async () => {
    const sentBy = { one: 0, two: 0 };
    const counting = (name: 'one' | 'two') => {
      const real = room.publisher();
      return {
        send: (records: readonly OutgoingRecord[]) => {
          sentBy[name] += records.length;
          return real.send(records);
        },
      };
    };
    const one = room.relay({ publisher: counting('one'), instanceId: 'one' });
    const two = room.relay({ publisher: counting('two'), instanceId: 'two', pool: room.openPool() });
    one.start();
    const [a] = await room.append([{ key: 'a', value: value('1') }]);
    one.wake();
    expect(await one.waitUntilPublished(a!, 5_000)).toBe(true);
    two.start();
    // The second only has NOTIFY to tell the first, and hears of the publication by asking.
    const [b] = await room.append([{ key: 'a', value: value('2') }]);
    two.wake();
    expect(await two.waitUntilPublished(b!, 5_000)).toBe(true);
    expect(sentBy).toEqual({ one: 2, two: 0 });
    await one.stop();
    const startedAt = performance.now();
    const [c] = await room.append([{ key: 'a', value: value('3') }]);
    two.wake();
    expect(await two.waitUntilPublished(c!, 5_000)).toBe(true);
    // It did not wait for the lease to run out (5 s).
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(sentBy).toEqual({ one: 2, two: 1 });
    expect(await room.published()).toEqual(['a=1', 'a=2', 'a=3']);
  });

  it('sends nothing once its own clock says that the lease has run out', async () => {
    let aheadMs = 0;
    let sends = 0;
    const real = room.publisher();
    // Statements that the relay has run on the lease so far.
    const pastLooks = async () =>
      Number(
        (await room.pool.query(`select seq_scan + coalesce(idx_scan, 0) as n from pg_stat_user_tables where relname = 'outbox_lease'`))
          .rows[0].n,
      );
    const relay = room.relay({
      now: () => performance.now() + aheadMs,
      publisher: {
        send: (records) => {
          sends += 1;
          return real.send(records);
        },
      },
    });
    relay.start();
    const [a] = await room.append([{ key: 'a', value: value('1') }]);
    relay.wake();
    expect(await relay.waitUntilPublished(a!, 5_000)).toBe(true);
    // Another took the lease while this process was stopped.
    await room.pool.query(`update ${SCHEMA}.outbox_lease set holder = 'other', fence = fence + 1, expires_at = now() + interval '1 hour'`);
    aheadMs = 60_000;
    await room.append([{ key: 'a', value: value('2') }]);
    relay.wake();
    const looks = await pastLooks();
    await eventually(async () => (await pastLooks()) > looks + 1);
    expect(sends).toBe(1);
    expect(await room.waiting()).toBe(1);
  });

  it('sends nothing of what it read while its lease ran out by its own clock, before the lease is renewed', async () => {
    let aheadMs = 0;
    const happened: string[] = [];
    const pool = room.openPool();
    const query = pool.query.bind(pool) as (query: { text: string }) => Promise<{ rows: { id: string | null }[] }>;
    pool.query = (async (asked: { text: string }) => {
      const answer = await query(asked);
      if (asked.text.includes('left join lateral') && typeof answer.rows[0]?.id === 'string' && aheadMs === 0) {
        // The answer took longer than the lease, as when the process was stopped meanwhile.
        aheadMs = 60_000;
        happened.push('read too late');
      }
      if (asked.text.includes('with mine as')) happened.push('renewed');
      return answer;
    }) as typeof pool.query;
    const real = room.publisher();
    const relay = room.relay({
      pool,
      now: () => performance.now() + aheadMs,
      publisher: {
        send: (records) => {
          happened.push('sent');
          return real.send(records);
        },
      },
    });
    const [id] = await room.append([{ key: 'a', value: value('1') }]);
    relay.start();
    expect(await relay.waitUntilPublished(id!, 10_000)).toBe(true);
    const after = happened.slice(happened.indexOf('read too late') + 1);
    expect(after[0]).toBe('renewed');
    expect(after.filter((what) => what === 'sent')).toHaveLength(1);
  });

  it('asks at most one question a second while nothing happens', async () => {
    const pool = room.openPool();
    const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
    let queries = 0;
    pool.query = ((...args: unknown[]) => {
      queries += 1;
      return query(...args);
    }) as typeof pool.query;
    const relay = room.relay({ pool });
    relay.start();
    const [id] = await room.append([{ key: 'a', value: null }]);
    expect(await relay.waitUntilPublished(id!, 5_000)).toBe(true);
    await eventually(async () => (await room.waiting()) === 0);
    queries = 0;
    const startedAt = performance.now();
    await eventually(() => performance.now() - startedAt > 5_000, { timeoutMs: 10_000, intervalMs: 250 });
    expect(queries).toBeLessThanOrEqual(5);
  });
});
