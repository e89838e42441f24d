import { randomUUID } from 'node:crypto';
import {
  deliveryAnnouncementKey,
  DISPATCHER_SOURCE,
  encodeEvent,
  TOPICS,
  topicName,
  type Callback,
  type CallbackDisabled,
  type DeliveryAnnouncement,
} from '@ringback/contracts';
import { EventStream, Publisher } from '@ringback/event-stream';
import { createLogger } from '@ringback/service-runtime';
import { eventually, testBrokers } from '@ringback/testbed';
import { anOffer, OffersRig, type CallbackAnswer, type OffersProcess } from '../testing/offers-rig.js';

describe('a callback that the dispatcher gave up', () => {
  let rig: OffersRig;
  let offers: OffersProcess;
  let publisher: Publisher;
  let callbacks: string;
  let offerId: number;
  let affiliateId: number;
  let sent = 0;

  beforeAll(async () => {
    rig = await OffersRig.create();
    offers = await rig.start();
    ({ callbacks, offerId, affiliateId } = await anOffer(offers));
    publisher = new Publisher(new EventStream({ brokers: testBrokers(), clientId: 'spec', logger: createLogger('spec', 'fatal') }));
  });
  afterAll(async () => {
    await publisher.close();
    await rig.drop();
  });

  const send = async (key: string, value: Buffer) => {
    await publisher.send([{ topic: topicName(TOPICS.callbacksDeliveries, rig.topicPrefix), key, value }]);
    sent++;
  };
  const announce = (event: DeliveryAnnouncement) => send(deliveryAnnouncementKey(event), encodeEvent(event));
  const envelope = () => ({ specversion: '1.0', id: randomUUID(), source: DISPATCHER_SOURCE, time: '2026-11-23T12:00:00.000Z' }) as const;
  const disabled = (callbackId: number, version: number): CallbackDisabled => ({
    ...envelope(),
    type: 'CallbackDisabled',
    data: { callbackId, version, offerId, reason: 'answered 410', failingSince: null },
  });
  /** Everything that was sent has been worked. */
  const worked = () =>
    eventually(async () => {
      const { rows } = await rig.pool.query('select sum(next_offset)::integer as worked from offers.intake_progress');
      return rows[0].worked === sent;
    });
  const create = async (): Promise<Callback> => {
    const body = { affiliateId, conversionStatus: 'done', httpType: 'GET', url: 'https://t.example/{click_id}' };
    return (await offers.call<Callback>('POST', callbacks, body)).body;
  };
  const read = async ({ id }: Callback) => (await offers.call<Callback>('GET', `${callbacks}/${id}`)).body;
  const patch = (callback: Callback, body: object): Promise<CallbackAnswer> => offers.call('PATCH', `${callbacks}/${callback.id}`, body);

  it('is disabled by a version of its own that says why and by whom, and is published', async () => {
    const callback = await create();
    await announce(disabled(callback.id, 1));
    await worked();
    expect(await read(callback)).toMatchObject({ version: 2, enabled: false, disabledReason: 'answered 410' });
    const versions = await offers.call<{ items: { version: number; changedBy: string }[] }>('GET', `${callbacks}/${callback.id}/versions`);
    expect(versions.body.items[0]).toMatchObject({ version: 2, changedBy: 'dispatcher-service' });
    expect((await rig.readTopic()).at(-1)!.key).toBe(`callback:${callback.id}:2`);
  });

  it('announced again, nothing happens; enabled by an admin, the reason is gone, and a late repeat disables it no more', async () => {
    const callback = await create();
    const event = disabled(callback.id, 1);
    await announce(event);
    await announce(event);
    await worked();
    expect(await read(callback)).toMatchObject({ version: 2, enabled: false });
    expect(await patch(callback, { enabled: true })).toMatchObject({
      status: 200,
      body: { version: 3, enabled: true, disabledReason: null },
    });
    await announce(event);
    await worked();
    expect(await read(callback)).toMatchObject({ version: 3, enabled: true, disabledReason: null });
  });

  it('stays as an admin has made it since: edited, disabled, deleted, or never there', async () => {
    const [edited, off, gone] = [await create(), await create(), await create()];
    await patch(edited, { url: 'https://mended.example/' });
    await patch(off, { enabled: false });
    await offers.call('DELETE', `${callbacks}/${gone.id}`);
    for (const [callback, version] of [
      [edited, 1],
      [off, 1],
      [off, 2],
      [gone, 1],
      [gone, 2],
    ] as const)
      await announce(disabled(callback.id, version));
    await announce(disabled(2_000_000_000, 1));
    await worked();
    expect(await read(edited)).toMatchObject({ version: 2, enabled: true, url: 'https://mended.example/' });
    expect(await read(off)).toMatchObject({ version: 2, enabled: false, disabledReason: null });
    const { rows } = await rig.pool.query('select version from offers.callback where id = $1', [gone.id]);
    expect(rows).toEqual([{ version: 2 }]);
  });

  it('what else is announced is for others, and what cannot be read is set aside; neither stops what follows', async () => {
    const callback = await create();
    await announce({
      ...envelope(),
      type: 'CallbackFailing',
      data: {
        callbackId: callback.id,
        version: 1,
        offerId,
        failingSince: '2026-11-22T12:00:00.000Z',
        failedAttempts: 7,
        days: 1,
        disabledAfter: '2026-11-27T12:00:00.000Z',
      },
    });
    await send(String(callback.id), Buffer.from('{"type":"CallbackDisabled"'));
    await send(String(callback.id), encodeEvent({ ...envelope(), type: 'CallbackDisabled', data: { callbackId: callback.id } }));
    await announce(disabled(callback.id, 1));
    await worked();
    expect(await read(callback)).toMatchObject({ version: 2, enabled: false });
    const { rows } = await rig.pool.query('select topic, reason from offers.dead_letter order by message_offset');
    expect(rows).toEqual([
      { topic: topicName(TOPICS.callbacksDeliveries, rig.topicPrefix), reason: expect.stringMatching(/^unreadable: not JSON/) },
      { topic: topicName(TOPICS.callbacksDeliveries, rig.topicPrefix), reason: expect.stringMatching(/^unreadable: .*data\.version/) },
    ]);
  });

  it('is disabled once over two instances, one of which stops meanwhile', async () => {
    const other = await rig.start();
    const made = await Promise.all(Array.from({ length: 12 }, create));
    await Promise.all(made.map(({ id }) => announce(disabled(id, 1))));
    await other.stop();
    await worked();
    expect((await Promise.all(made.map(read))).map(({ version, enabled }) => [version, enabled])).toEqual(made.map(() => [2, false]));
  });
});
