import { randomUUID } from 'node:crypto';
import { eventually } from './harness/eventually.js';
import { encodeEvent, TOPICS, type Conversion } from '@ringback/contracts';
import { ownSystem, type System } from './harness/system.js';
import { Network } from './harness/network.js';

describe('one conversion per idempotency key', () => {
  let system: System;
  let instances: Network[];
  let ids: { offerId: number; affiliateId: number };

  beforeAll(async () => {
    system = await ownSystem();
    const second = await system.platform.addInstance('conversions-service');
    instances = [await system.direct('conversions-service'), await system.direct('conversions-service', second.url)];
    ids = { offerId: (await system.network.offer()).id, affiliateId: (await system.network.affiliate()).id };
  });
  afterAll(() => system.close());

  async function eventsOf(conversionId: string): Promise<number> {
    const { history } = await system.network.conversion(conversionId);
    return history.length;
  }

  it('ten identical POSTs at once over two instances: one conversion, one event, one 201', async () => {
    const inbox = system.inbox();
    await system.network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: inbox.url('fired/{conversion_id}') });
    for (let round = 0; round < 5; round++) {
      const key = randomUUID();
      const body = { ...ids, status: 'pending', clickId: `click-${round}` };
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          instances[index % 2]!.call<Conversion>('/v1/conversions', { method: 'POST', body, headers: { 'idempotency-key': key } }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 200, 201]);
      expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
      expect(await eventsOf(answers[0]!.body.id)).toBe(1);
      await system.settled();
      expect(inbox.paths().filter((path) => path === `fired/${answers[0]!.body.id}`)).toHaveLength(1);
    }
  });

  it('the same transaction id within the offer is the same conversion; in another offer it is another', async () => {
    const transactionId = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        instances[index % 2]!.call<Conversion>('/v1/conversions', { method: 'POST', body: { ...ids, status: 'pending', transactionId } }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    const other = await system.network.offer();
    const elsewhere = await system.network.convert({ offerId: other.id, affiliateId: ids.affiliateId, transactionId });
    expect(elsewhere.id).not.toBe(answers[0]!.body.id);
  });

  it.each([
    ['Idempotency-Key', { 'idempotency-key': randomUUID() }, {}],
    ['transactionId', {}, { transactionId: randomUUID() }],
  ])('a different body under the same %s: 422 naming the field', async (_, headers: Record<string, string>, fields) => {
    const body = { ...ids, status: 'pending', sub1: 'first', ...fields };
    expect((await instances[0]!.call('/v1/conversions', { method: 'POST', body, headers })).status).toBe(201);
    const answer = await instances[1]!.call('/v1/conversions', { method: 'POST', body: { ...body, sub1: 'second' }, headers });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: 'sub1' }] } });
  });

  it('ten identical commands through Kafka, and one more by HTTP: one conversion, one event', async () => {
    const transactionId = randomUUID();
    const data = { ...ids, status: 'pending' as const, transactionId };
    const command = encodeEvent({
      specversion: '1.0',
      id: randomUUID(),
      source: '/trackers/1',
      type: 'RecordConversion',
      time: new Date().toISOString(),
      data,
    });
    await system.publish(
      TOPICS.conversionsCommands,
      Array.from({ length: 10 }, () => ({ key: `${ids.offerId}:${transactionId}`, value: command })),
    );
    const found = await eventually(async () => {
      const { body } = await system.network.call<{ items: Conversion[] }>(
        `/v1/conversions?offerId=${ids.offerId}&transactionId=${transactionId}`,
      );
      expect(body.items).toHaveLength(1);
      return body.items[0]!;
    });
    const again = await system.network.call<Conversion>('/v1/conversions', { method: 'POST', body: data });
    expect(again).toMatchObject({ status: 200, body: { id: found.id } });
    expect(await eventsOf(found.id)).toBe(1);
  });

  it('a status change by Kafka that comes before its conversion is applied once the conversion is there', async () => {
    const transactionId = randomUUID();
    const change = encodeEvent({
      specversion: '1.0',
      id: randomUUID(),
      source: '/trackers/1',
      type: 'ChangeStatus',
      time: new Date().toISOString(),
      data: { offerId: ids.offerId, transactionId, status: 'done' },
    });
    await system.publish(TOPICS.conversionsCommands, [{ key: `${ids.offerId}:${transactionId}`, value: change }]);
    await system.workedOff(TOPICS.conversionsCommands);
    const conversion = await system.network.convert({ ...ids, transactionId });
    await eventually(async () => expect(await system.network.conversion(conversion.id)).toMatchObject({ status: 'done', version: 2 }));
  });
});
