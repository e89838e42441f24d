import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CONVERSIONS_SOURCE, encodeEvent, TOPICS, type Conversion, type ConversionCreated } from '@ringback/contracts';
import { eventually } from './harness/eventually.js';
import { ownSystem, type System } from './harness/system.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** More than the 30 days that the log is kept. */
const LATER_DAYS = 32;

describe('what was sent is not sent again', () => {
  let system: System;
  let ids: { offerId: number; affiliateId: number };
  beforeAll(async () => {
    system = await ownSystem();
    ids = { offerId: (await system.network.offer()).id, affiliateId: (await system.network.affiliate()).id };
    for (const callback of [1, 2])
      await system.network.callback(ids.offerId, {
        affiliateId: ids.affiliateId,
        url: `${system.receiver.url}/${callback}/{conversion_id}`,
        timeoutMs: 30_000,
      });
  });
  afterAll(() => system.close());

  /** @returns an event of a conversion of its own, as it stands on the topic; `recordedAtMs`: when it says it was recorded. */
  async function message(recordedAtMs: number): Promise<{ key: string; value: Buffer }> {
    const [row] = await system.sql('select max(revision)::integer as revision from offers.configuration_version');
    const time = new Date(recordedAtMs).toISOString();
    const id = randomUUID();
    const state = { status: 'pending', rejectReason: null, createdAt: time, statusAt: time } as const;
    const conversion: Conversion = { id, version: 1, ...ids, goalId: null, ...state };
    const data = { revision: Number(row!['revision']), conversion };
    const event: ConversionCreated = {
      specversion: '1.0',
      id: randomUUID(),
      source: CONVERSIONS_SOURCE,
      type: 'ConversionCreated',
      time,
      data,
    };
    return { key: conversion.id, value: encodeEvent(event) };
  }

  const arrivedOf = (conversionId: string) =>
    system.receiver.requests.map(({ rawUrl }) => rawUrl).filter((url) => url.endsWith(conversionId));
  const lettersWhere = (reason: string) => system.sql('select reason from dispatcher.dead_letter where reason like $1', [`${reason}:%`]);

  it('an event published twice, at once and long after it was delivered', async () => {
    const event = await message(Date.now());
    await system.publish(TOPICS.conversionsEvents, [event, event, event]);
    await system.settled();
    await system.publish(TOPICS.conversionsEvents, [event, event]);
    await system.settled();
    expect(arrivedOf(event.key).sort()).toEqual([`/1/${event.key}`, `/2/${event.key}`]);
  });

  it('an event older than the log is kept is set aside, and the partition goes on', async () => {
    const old = await message(Date.now() - 31 * DAY_MS);
    const fresh = { ...(await message(Date.now())), key: old.key };
    const before = system.receiver.requests.length;
    await system.publish(TOPICS.conversionsEvents, [old, fresh]);
    await system.settled();
    expect(await lettersWhere('too-old')).toHaveLength(1);
    expect(arrivedOf(old.key)).toEqual([]);
    expect(system.receiver.requests.length - before).toBe(2);
  });

  it('the whole topic read again after the log of its days was dropped', async () => {
    const { network, platform, receiver } = system;
    const made = await network.batch(Array.from({ length: 50 }, () => ({ ...ids, status: 'pending' })));
    expect(made.items.map(({ status }) => status)).toEqual(Array(50).fill(201));
    await system.settled();
    const lettersBefore = (await lettersWhere('too-old')).length;
    const arrivedBefore = receiver.requests.length;
    const ends = await system.endOffsets(TOPICS.conversionsEvents);
    await platform.service('dispatcher-service').stop();

    // Days later, the log of that time is gone, and the progress was lost.
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    const partitions = await system.sql(
      `select inhrelid::regclass::text as name from pg_inherits join pg_class c on c.oid = inhrelid
       where c.relkind = 'r' and c.relnamespace = 'dispatcher'::regnamespace`,
    );
    const gone = partitions.map(({ name }) => String(name)).filter((name) => name.slice(-8) <= today);
    expect(gone).toContain(`dispatcher.delivery_${today}`);
    await system.sql(`drop table ${gone.join(', ')}`);
    await system.sql('update dispatcher.intake_progress set next_offset = 0');
    const later = await platform.addInstance('dispatcher-service', {
      env: { E2E_CLOCK_SKEW_MS: String(LATER_DAYS * DAY_MS) },
      nodeArgs: [`--import=${join(import.meta.dirname, 'faults', 'skew-clock.mjs')}`],
    });
    await system.workedOff(TOPICS.conversionsEvents);
    const messages = [...ends.values()].reduce((sum, end) => sum + end, 0);
    expect(lettersBefore).toBe(1);
    // All of them now, that of the event which was too old before (under the same offset) among them.
    expect(await lettersWhere('too-old')).toHaveLength(messages);
    expect(receiver.requests.length).toBe(arrivedBefore);

    // And what is new then is sent.
    const next = await message(Date.now() + LATER_DAYS * DAY_MS);
    await system.publish(TOPICS.conversionsEvents, [next]);
    await eventually(() => expect(arrivedOf(next.key).sort()).toEqual([`/1/${next.key}`, `/2/${next.key}`]));
    expect(receiver.requests.length).toBe(arrivedBefore + 2);
    await later.stop();
  });
});
