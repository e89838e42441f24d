import pg from 'pg';
import { decodeDeliveryAnnouncement, type DeliveryAnnouncement } from '@ringback/contracts';
import { inTransaction } from '@ringback/service-runtime';
import { freshDatabase, type TestDatabase } from '@ringback/testbed';
import type { Delivery } from '../delivery/delivery.js';
import { PartitionIntake } from '../intake/partition-intake.js';
import { migrateDispatcher } from '../migrations.js';
import { aTrackedDelivery, FakeLease } from '../testing/deliveries.js';
import { aSettledDelivery, type SettledSetting } from '../testing/settled-delivery.js';
import { announceEnds } from './announce-ends.js';
import { FailingCallbacks } from './failing-callbacks.js';
import { forgetOldHealth } from './record-health.js';
import { writeBatch } from './write-batch.js';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.parse('2026-11-18T09:00:00.000Z');

describe('a callback that keeps failing', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let failing: FailingCallbacks;

  beforeAll(async () => {
    database = await freshDatabase();
    await migrateDispatcher(database.url);
    pool = new pg.Pool({ connectionString: database.url, max: 4 });
    pool.on('error', () => undefined);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });
  beforeEach(async () => {
    failing = new FailingCallbacks();
    await pool.query('truncate dispatcher.callback_health, dispatcher.outbox');
  });

  const record = (rows: readonly Delivery[], of = failing) => {
    const idsOf = (kind: string) => new Set(rows.filter(({ outcome }) => outcome!.kind === kind).map(({ id }) => id));
    const newly = { failed: idsOf('retry'), exhausted: idsOf('exhausted') };
    return inTransaction(pool, (client) => announceEnds(client, rows, newly, { failing: of, topic: 'announced', nowMs: START_MS }));
  };
  const settle = (days: number, setting: Partial<SettledSetting> = {}) =>
    record([aSettledDelivery({ atMs: START_MS + days * DAY_MS, ...setting })]);
  const announced = async (): Promise<DeliveryAnnouncement[]> => {
    const { rows } = await pool.query<{ key: string; value: Buffer }>('select key, value from dispatcher.outbox order by id');
    return rows.map(({ key, value }) => {
      const decoded = decodeDeliveryAnnouncement(value);
      if (!decoded.ok) throw new Error(decoded.reason);
      expect(key).toBe(String(decoded.event.data.callbackId));
      return decoded.event;
    });
  };
  const announcements = async () => (await announced()).map(({ type, data }) => ('days' in data ? `${type} ${data.days}` : type));
  const healthRows = () => pool.query('select * from dispatcher.callback_health order by callback_id').then(({ rows }) => rows);

  it('is announced after one day and after three, and disabled after five', async () => {
    for (const days of [0, 0.5, 0.9, 1, 1.5, 2, 3, 3.2, 4, 4.9]) await settle(days);
    expect(await announcements()).toEqual(['CallbackFailing 1', 'CallbackFailing 3']);
    await settle(5);
    await settle(5.1);
    expect(await announcements()).toEqual(['CallbackFailing 1', 'CallbackFailing 3', 'CallbackDisabled']);
    const events = await announced();
    const failingSince = '2026-11-18T09:00:00.000Z';
    expect(events.map(({ data }) => data)).toEqual([
      { callbackId: 1, version: 1, offerId: 1, failingSince, failedAttempts: 4, days: 1, disabledAfter: '2026-11-23T09:00:00.000Z' },
      { callbackId: 1, version: 1, offerId: 1, failingSince, failedAttempts: 7, days: 3, disabledAfter: '2026-11-23T09:00:00.000Z' },
      { callbackId: 1, version: 1, offerId: 1, reason: `no success since ${failingSince}, 11 failed attempts`, failingSince },
    ]);
    expect(failing.isDisabled(1, 1)).toBe(true);
  });

  it('is not disabled before its tenth failure', async () => {
    for (const days of [0, 1, 2, 3, 4, 5, 6, 7, 8]) await settle(days);
    expect(await announcements()).not.toContain('CallbackDisabled');
    await settle(9);
    expect(await announcements()).toContain('CallbackDisabled');
  });

  it('is not disabled before it failed on a third day, by the calendar in UTC', async () => {
    for (let minute = 0; minute < 20; minute++) await settle(minute / 24 / 60);
    await settle(5);
    await settle(5 + 14 / 24);
    expect(await announcements()).toEqual(['CallbackFailing 3']);
    await settle(5 + 15 / 24);
    expect(await announcements()).toEqual(['CallbackFailing 3', 'CallbackDisabled']);
  });

  it('counts the days of one batch too', async () => {
    await record([0, 0.9, 1.9, 2].map((days) => aSettledDelivery({ atMs: START_MS + days * DAY_MS })));
    await record([2.1, 3.1].map((days) => aSettledDelivery({ atMs: START_MS + days * DAY_MS })));
    expect(await healthRows()).toMatchObject([{ failed_attempts: 6, failed_days: 4 }]);
  });

  it('begins anew after one success', async () => {
    for (const days of [0, 1, 2, 3, 4]) for (let n = 0; n < 3; n++) await settle(days);
    await settle(4.5, { status: 204 });
    expect(await healthRows()).toEqual([]);
    expect(failing.size).toBe(0);
    for (const days of [5, 5.9]) await settle(days);
    expect(await announcements()).toEqual(['CallbackFailing 1', 'CallbackFailing 3']);
    await settle(6);
    expect(await announcements()).toEqual(['CallbackFailing 1', 'CallbackFailing 3', 'CallbackFailing 1']);
  });

  it('begins anew when it was edited; what is left of the version before counts no more', async () => {
    for (const days of [0, 1, 2, 3, 4]) for (let n = 0; n < 3; n++) await settle(days);
    await settle(4.8, { version: 2 });
    await settle(5.2, { version: 1 });
    await settle(5.3, { version: 1, status: 200 });
    expect(await announcements()).toEqual(['CallbackFailing 1', 'CallbackFailing 3']);
    expect(await healthRows()).toMatchObject([{ version: 2, failed_attempts: 1, failed_days: 1, announced_days: 0 }]);
  });

  it('is disabled at once by a 410, once a version, whatever still comes of its last requests', async () => {
    await settle(0, { status: 410 });
    await settle(0.1, { status: 410 });
    await settle(0.2, { status: 200 });
    await settle(8, { status: 500 });
    expect((await announced()).map(({ data }) => data)).toEqual([
      { callbackId: 1, version: 1, offerId: 1, reason: 'answered 410', failingSince: null },
    ]);
    expect(failing.isDisabled(1, 1)).toBe(true);
    await settle(9, { version: 2, status: 410 });
    expect(await announcements()).toEqual(['CallbackDisabled', 'CallbackDisabled']);
    expect([failing.isDisabled(1, 1), failing.isDisabled(1, 2)]).toEqual([false, true]);
    await settle(9, { version: 3, status: 200 });
    expect(await healthRows()).toEqual([]);
  });

  it('is known to the others by the table, whose success heals it', async () => {
    await settle(0);
    const another = new FailingCallbacks();
    another.replace([{ callbackId: 1, disabledVersion: null }]);
    await record([aSettledDelivery({ atMs: START_MS + DAY_MS, status: 200 })], another);
    expect(await healthRows()).toEqual([]);
    expect(another.has(1)).toBe(false);
  });

  it('costs a callback that is well no statement', async () => {
    const statements: string[] = [];
    const client = { query: (text: string) => statements.push(text) } as unknown as pg.ClientBase;
    const rows = [1, 2, 3].map((callbackId) => aSettledDelivery({ callbackId, atMs: START_MS, status: 200 }));
    const none = { failed: new Set<string>(), exhausted: new Set<string>() };
    failing.add({ callbackId: 9, disabledVersion: null });
    await announceEnds(client, rows, none, { failing, topic: 'announced', nowMs: START_MS });
    expect(statements).toEqual([]);
  });

  it('waits for no other in a ring: dispatchers that heal and fail the same callbacks at once all get through', async () => {
    const callbacks = Array.from({ length: 30 }, (_, index) => index + 1);
    const known = callbacks.map((callbackId) => ({ callbackId, disabledVersion: null }));
    await record(callbacks.map((callbackId) => aSettledDelivery({ callbackId, atMs: START_MS })));
    for (let round = 0; round < 5; round++)
      await Promise.all(
        [0, 1, 2, 3].map((instance) => {
          const of = new FailingCallbacks();
          of.replace(known);
          const rows = callbacks.map((callbackId) =>
            aSettledDelivery({ callbackId, atMs: START_MS, status: (callbackId + instance) % 2 === 0 ? 200 : 500 }),
          );
          return record(instance % 2 === 0 ? rows : rows.toReversed(), of);
        }),
      );
    expect(await announcements()).toEqual([]);
  });

  it('is forgotten when nothing was sent to it for a month', async () => {
    await settle(0);
    await settle(25, { callbackId: 2 });
    await forgetOldHealth(pool, START_MS + 30 * DAY_MS);
    expect(await healthRows()).toMatchObject([{ callback_id: 1 }, { callback_id: 2 }]);
    await forgetOldHealth(pool, START_MS + 31 * DAY_MS);
    expect(await healthRows()).toMatchObject([{ callback_id: 2 }]);
  });

  it('is counted and announced once, though the transaction is repeated after a commit whose answer was lost', async () => {
    const gone = aSettledDelivery({ callbackId: 7, atMs: Date.now(), status: 410 });
    const redirected = aSettledDelivery({ callbackId: 7, atMs: Date.now(), status: 302, exhausted: true });
    gone.tracked = aTrackedDelivery(new PartitionIntake(new FakeLease(), 100), 0).tracked;
    const batch = { rows: [gone, redirected], letters: [], erasures: [], moves: new Map() };
    const options = { instanceId: 'spec', nowMs: Date.now(), monotonicMs: 0, expiresAtMs: () => Date.now() + DAY_MS };
    const write = () => inTransaction(pool, (client) => writeBatch(client, batch, { ...options, ends: { failing, topic: 'announced' } }));
    expect(await write()).toMatchObject({ announcements: 2 });
    expect(await write()).toMatchObject({ announcements: 0 });
    expect(await announcements()).toEqual(['DeliveryExhausted', 'CallbackDisabled']);
    expect(await healthRows()).toMatchObject([{ callback_id: 7, failed_attempts: 2 }]);
  });

  it('tells of every delivery that is exhausted', async () => {
    const rows = [301, 500].map((status) => aSettledDelivery({ callbackId: 5, atMs: START_MS, status, exhausted: true }));
    expect(await record(rows)).toBe(2);
    const events = await announced();
    expect(events.map(({ type, data }) => [type, data])).toEqual(
      rows.map(({ id, event, httpStatus }) => [
        'DeliveryExhausted',
        {
          deliveryId: id,
          callbackId: 5,
          offerId: 1,
          affiliateId: 1,
          conversionId: event.event.data.conversion.id,
          attempts: 1,
          httpStatus,
          error: `answered ${httpStatus}`,
        },
      ]),
    );
    expect(await healthRows()).toMatchObject([{ callback_id: 5, failed_attempts: 2 }]);
  });
});
