import { randomUUID } from 'node:crypto';
import {
  deliveryId,
  encodeEvent,
  expectedDeliveriesAnswerSchema,
  TOPICS,
  topicName,
  type ConversionEvent,
  type ExpectedDeliveriesRequest,
  type ExpectedDelivery,
} from '@ringback/contracts';
import { EventStream } from '@ringback/event-stream';
import { eventually, HeldClock } from '@ringback/testbed';
import { pino } from 'pino';
import { conversionCreated, statusChanged } from '../testing/conversion-event.js';
import { DispatchersUnderTest, type RunningDispatcher } from '../testing/dispatchers-under-test.js';
import { DAY_MS } from '../schema/day-partitions.js';
import { EventPassing } from './event-passing.js';

type Asked = Partial<ExpectedDeliveriesRequest['events'][number]>;

describe('the deliveries that events ask for', () => {
  let spec: DispatchersUnderTest;
  let service: RunningDispatcher;

  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    const { author, receiver } = spec;
    await spec.configure(author.callback(1, { url: `${receiver.url}/good` }), author.callback(2, { url: `${receiver.url}/bad` }));
    receiver.answer(({ path }) => (path === '/bad' ? { status: 503 } : {}));
    service = await spec.run();
  });
  afterAll(() => spec.stop());

  const ask = async (conversionId: string, ...asked: [ConversionEvent, Asked][]): Promise<ExpectedDelivery[][]> => {
    const events = asked.map(([event, more]) => ({
      eventId: event.id,
      recordedAt: event.time,
      publication: 'published' as const,
      callbackIds: [1, 2],
      ...more,
    }));
    const { status, body } = await service.post(`/v1/conversions/${conversionId}/expected-deliveries`, { events });
    expect(status).toBe(200);
    const answer = expectedDeliveriesAnswerSchema.parse(body);
    expect(answer.events.map(({ eventId }) => eventId)).toEqual(events.map(({ eventId }) => eventId));
    return answer.events.map(({ deliveries }) => deliveries);
  };
  /** Published, with every delivery tried once. */
  const worked = async (): Promise<{ event: ConversionEvent; conversionId: string }> => {
    const event = conversionCreated({ revision: spec.author.revision });
    await spec.publish(event);
    const mine = 'where conversion_id = $1';
    const { id } = event.data.conversion;
    await eventually(async () => (await spec.count(`dispatcher.parked ${mine} and attempts = 1`, [id])) === 1);
    await eventually(async () => (await spec.count(`dispatcher.delivery ${mine}`, [id])) === 1);
    return { event, conversionId: id };
  };

  it('are found by their computed ids, in the log and parked', async () => {
    const { event, conversionId } = await worked();
    const [deliveries] = await ask(conversionId, [event, {}]);
    expect(deliveries).toMatchObject([
      {
        id: deliveryId(Date.parse(event.time), event.id, 1),
        state: 'known',
        detail: null,
        current: { status: 'delivered', callbackId: 1 },
      },
      {
        id: deliveryId(Date.parse(event.time), event.id, 2),
        state: 'known',
        current: { status: 'retrying', callbackId: 2, httpStatus: 503 },
      },
    ]);
  });

  it('are missing, a fault, once the progress has passed their event and its day is kept', async () => {
    const { event, conversionId } = await worked();
    await spec.rows('delete from dispatcher.delivery where conversion_id = $1', [conversionId]);
    const [deliveries] = await ask(conversionId, [event, {}]);
    expect(deliveries).toMatchObject([
      { state: 'missing', detail: expect.stringContaining('a fault'), current: null },
      { state: 'known', current: { status: 'retrying' } },
    ]);
  });

  it('are no longer kept where the log of their day is gone', async () => {
    const old = conversionCreated({ revision: 1, recordedAtMs: Date.now() - 40 * DAY_MS });
    expect(await ask(old.data.conversion.id, [old, {}])).toMatchObject([[{ state: 'noLongerKept' }, { state: 'noLongerKept' }]]);
  });

  it('are to come while their event is not published', async () => {
    const event = conversionCreated({ revision: 1 });
    const { id } = event.data.conversion;
    expect(await ask(id, [event, { publication: 'waiting', callbackIds: [1] }])).toMatchObject([[{ state: 'notYet' }]]);
    expect(await ask(id, [event, { publication: 'setAside', callbackIds: [1] }])).toMatchObject([[{ state: 'setAside' }]]);
  });

  it('are said to be set aside with their event, with the reason', async () => {
    const { event, conversionId } = await worked();
    const early = statusChanged({
      revision: spec.author.revision,
      previousStatus: 'pending',
      conversion: { id: conversionId, version: 2 },
      recordedAtMs: Date.now() + 2 * DAY_MS,
    });
    await spec.publishRaw({ key: conversionId, value: encodeEvent(early) });
    await eventually(async () => (await spec.count('dispatcher.dead_letter')) === 1);
    const [known, aside] = await ask(conversionId, [event, {}], [early, {}]);
    expect(known).toMatchObject([{ state: 'known' }, { state: 'known' }]);
    expect(aside).toMatchObject([
      { state: 'setAside', detail: expect.stringContaining('too-new') },
      { state: 'setAside', detail: expect.stringContaining('too-new') },
    ]);
  });

  it.each([
    ['no event', { events: [] }, 'events'],
    [
      'no callback',
      { events: [{ eventId: randomUUID(), recordedAt: new Date().toISOString(), publication: 'published', callbackIds: [] }] },
      'events.0.callbackIds',
    ],
    [
      'no time',
      { events: [{ eventId: randomUUID(), recordedAt: 'now', publication: 'published', callbackIds: [1] }] },
      'events.0.recordedAt',
    ],
  ])('cannot be asked for with %s', async (_, body, path) => {
    const answer = await service.post(`/v1/conversions/${randomUUID()}/expected-deliveries`, body);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });
});

describe('the passing of events', () => {
  let spec: DispatchersUnderTest;
  const clock = new HeldClock(0);
  let looks = 0;

  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
  });
  afterAll(() => spec.stop());

  const logger = pino({ level: 'silent' });
  /** @param onLook called between two looks at the progress */
  const passing = (brokers: readonly string[], onLook: () => Promise<void> = async () => undefined) =>
    new EventPassing({
      stream: new EventStream({ brokers: [...brokers], clientId: 'spec', logger }),
      pool: spec.db,
      topic: topicName(TOPICS.conversionsEvents, spec.prefix),
      monotonic: clock.now,
      wait: async (ms) => {
        clock.advance(ms);
        looks++;
        await onLook();
      },
    });
  const brokers = () => spec.environment()['KAFKA_BROKERS']!.split(',');

  it('is behind until the progress comes to the end that the partition had, and is waited for no longer than 3 s', async () => {
    const event = conversionCreated({ revision: spec.author.revision });
    const { id } = event.data.conversion;
    await spec.publish(event, statusChanged({ revision: 1, previousStatus: 'pending', conversion: { id } }));
    expect(await passing(brokers()).of(id)).toEqual({ kind: 'behind', events: 2 });
    expect(looks).toBe(30);
    let service: RunningDispatcher | null = null;
    const end = await passing(brokers(), async () => {
      service ??= await spec.run();
      await spec.waitForProgress(2);
    }).of(id);
    expect(end).toEqual({ kind: 'passed' });
    expect(looks).toBe(31);
  });

  it('is unknown while Kafka is away', async () => {
    expect(await passing(['127.0.0.1:1']).of(randomUUID())).toEqual({ kind: 'unknown' });
  });
});
