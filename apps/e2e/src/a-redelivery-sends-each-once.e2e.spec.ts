import type { Redelivery } from '@ringback/contracts';
import { faultSizes } from '@ringback/testbed';
import { eventually } from './harness/eventually.js';
import { ownSystem, type System } from './harness/system.js';

const { redelivered, long } = faultSizes();
const RATE_PER_SECOND = 500;
const BATCH = 1_000;
const OPEN_AT_KILL = 10;
/** At its rate, with as much again for a busy machine; and for each kill a start. */
const WITHIN_MS = (redelivered / RATE_PER_SECOND) * 3_000 + 60_000;

describe('a redelivery sends each once', () => {
  let system: System;
  let filter: { affiliateId: number; from: string; to: string };
  const started = new Date().toISOString();

  beforeAll(async () => {
    system = await ownSystem();
    const { network, receiver } = system;
    const offerId = (await network.offer()).id;
    const affiliateId = (await network.affiliate()).id;
    receiver.answer(({ index }) => ({ delayMs: 50 + ((index * 37) % 100) }));
    await network.callback(offerId, { affiliateId, url: `${receiver.url}/{conversion_id}`, timeoutMs: 30_000 });
    for (let recorded = 0; recorded < redelivered; recorded += BATCH)
      await network.batch(Array.from({ length: BATCH }, () => ({ offerId, affiliateId, status: 'pending' })));
    await eventually(async () => expect(await logged()).toBe(redelivered), { timeoutMs: WITHIN_MS });
    filter = { affiliateId, from: started, to: new Date(Date.now() + 3_600_000).toISOString() };
  }, WITHIN_MS + 30_000);
  afterAll(() => system.close(), 60_000);

  const count = async (sql: string, values: unknown[] = []) =>
    Number((await system.sql(`select count(*) from ${sql}`, values))[0]!['count']);
  const logged = () => count('dispatcher.delivery');
  const ended = (id: string): Promise<Redelivery> =>
    eventually(
      async () => {
        const progress = await system.network.redelivery(id);
        expect(progress.finishedAt).not.toBeNull();
        return progress;
      },
      { timeoutMs: WITHIN_MS, intervalMs: 100 },
    );

  it(
    `of ${redelivered} at ${RATE_PER_SECOND} a second, the dispatcher killed twice in between; its progress is right`,
    async () => {
      const { network, platform, receiver } = system;
      const dispatcher = platform.service('dispatcher-service');
      receiver.clear();
      const begunAt = performance.now();
      const { id, total, totalIsExact } = await network.redeliverAll({ filter, ratePerSecond: RATE_PER_SECOND });
      expect({ total, totalIsExact }).toEqual({ total: redelivered, totalIsExact: true });
      /** Sent and not recorded at a kill: all that may be repeated. */
      const mayRepeat = new Set<string>();
      for (const share of [1 / 3, 2 / 3]) {
        await eventually(
          () => {
            expect(receiver.countsById().size).toBeGreaterThanOrEqual(redelivered * share);
            expect(receiver.open).toBeGreaterThanOrEqual(OPEN_AT_KILL);
          },
          { timeoutMs: WITHIN_MS, intervalMs: 2 },
        );
        await dispatcher.kill();
        await eventually(() => expect(receiver.open).toBe(0));
        const unrecorded = await system.sql('select id from dispatcher.parked where id = any($1::uuid[])', [
          [...receiver.countsById().keys()],
        ]);
        for (const row of unrecorded) mayRepeat.add(String(row['id']));
        // It has one process, and that is dead: nobody need wait for its leases.
        await system.sql(`update dispatcher.parked set leased_until = now() - interval '1 ms' where leased_until is not null`);
        dispatcher.relaunch();
        await dispatcher.waitUntilReady();
      }
      const done = await ended(id);
      expect(done).toMatchObject({
        state: 'completed',
        total: redelivered,
        enqueued: redelivered,
        delivered: redelivered,
        failed: 0,
        waiting: 0,
        withdrawn: 0,
        skipped: [],
      });
      const counts = [...receiver.countsById()];
      expect(counts).toHaveLength(redelivered);
      expect(await count('dispatcher.delivery where id = any($1::uuid[]) and attempts = 2', [counts.map(([sent]) => sent)])).toBe(
        redelivered,
      );
      const repeated = counts.filter(([, times]) => times > 1);
      expect(repeated.filter(([sent]) => !mayRepeat.has(sent))).toEqual([]);
      // Once for each kill at most.
      expect(repeated.filter(([, times]) => times > 3)).toEqual([]);
      expect(await count('dispatcher.parked')).toBe(0);
      if (long)
        console.log(
          `${redelivered} sent again in ${((performance.now() - begunAt) / 1000).toFixed(1)} s; in flight at the two kills ${mayRepeat.size}, repeated ${receiver.repeats}`,
        );
    },
    WITHIN_MS * 2,
  );

  it('and is cancelled within a second: what still arrives was in flight, or is a second worth of it at most', async () => {
    const { network, receiver } = system;
    receiver.clear();
    const { id } = await network.redeliverAll({ filter, ratePerSecond: RATE_PER_SECOND });
    await receiver.waitFor(RATE_PER_SECOND / 2, { timeoutMs: WITHIN_MS });
    await network.cancelRedelivery(id);
    const arrived = receiver.requests.length;
    const inFlight = receiver.open;
    const done = await ended(id);
    const late = receiver.requests.length - arrived;
    expect(late).toBeLessThanOrEqual(RATE_PER_SECOND + inFlight);
    expect(done).toMatchObject({ state: 'cancelled', waiting: 0, total: redelivered, failed: 0, skipped: [] });
    expect(done.delivered).toBe(receiver.requests.length);
    expect(done.delivered + done.withdrawn).toBe(done.enqueued);
    expect(done.enqueued).toBeLessThan(redelivered);
    expect([...receiver.countsById().values()].every((times) => times === 1)).toBe(true);
    expect(await count('dispatcher.parked')).toBe(0);
    expect(await logged()).toBe(redelivered);
  });

  it('and so does one of a single delivery, under its id or as a new one, with the configuration of today', async () => {
    const { network, receiver } = system;
    const [old] = await network.deliveries({ affiliateId: filter.affiliateId, limit: 1 });
    const { offerId, callbackId, conversionId } = old!;
    await network.editCallback(offerId, callbackId, { url: `${receiver.url}/edited/{conversion_id}` });
    receiver.clear();
    await network.redeliver(old!.id);
    await receiver.waitFor(1);
    // While the first is under way, no new one can be made of it.
    await eventually(async () => expect(await count('dispatcher.parked')).toBe(0));
    const made = await network.redeliver(old!.id, { asNew: true });
    await receiver.waitFor(2);
    await eventually(async () => expect(await network.delivery(made.id)).toMatchObject({ status: 'delivered', redeliveryOf: old!.id }));
    expect(receiver.requests.map(({ path, webhookId }) => [path, webhookId])).toEqual([
      [`/edited/${conversionId}`, old!.id],
      [`/edited/${conversionId}`, made.id],
    ]);
  });
});
