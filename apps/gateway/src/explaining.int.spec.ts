import { conversionExplanationSchema, deliveryId, type ConversionExplanation } from '@ringback/contracts';
import type { FakeService } from './testing/fake-service.js';
import { GatewayUnderTest } from './testing/gateway-under-test.js';

const id = '01941f29-7c00-7a3e-9f10-5c2d8e41b6a7';
const [FIRST, SECOND] = ['01941f29-7c01-7a3e-9f10-5c2d8e41b6a7', '01941f29-7c02-7a3e-9f10-5c2d8e41b6a7'] as const;
const AT = '2026-01-15T12:00:00.000Z';

const events = {
  conversionId: id,
  offerId: 7,
  affiliateId: 5,
  goalId: 3,
  items: [
    {
      eventId: FIRST,
      version: 1,
      status: 'pending',
      previousStatus: null,
      rejectReason: null,
      revision: 11,
      at: AT,
      publication: 'published',
    },
    {
      eventId: SECOND,
      version: 2,
      status: 'done',
      previousStatus: 'pending',
      rejectReason: null,
      revision: 12,
      at: AT,
      publication: 'waiting',
    },
  ],
  nextCursor: 'c1',
};
const callback = (callbackId: number, fires: boolean | null) => ({
  callbackId,
  name: null,
  version: fires === null ? null : { number: 1, revision: 9, changedBy: 'ada', changedAt: AT },
  fires,
  reason: 'because',
  conditions: [],
});
const explained = {
  offerName: 'Casino',
  affiliateName: 'Traffic Ltd',
  goalName: 'Deposit',
  events: [
    { eventId: FIRST, goalsEnabled: true, callbacks: [callback(1, true), callback(2, false)], callbacksNotShown: 0 },
    { eventId: SECOND, goalsEnabled: false, callbacks: [callback(1, null), callback(2, true)], callbacksNotShown: 4 },
  ],
};
const expectedDelivery = (eventId: string, callbackId: number, state: string) => ({
  id: deliveryId(Date.parse(AT), eventId, callbackId),
  state,
  detail: 'why',
  current: null,
});

describe('the explanation of a conversion', () => {
  let gateway: GatewayUnderTest;
  let conversions: FakeService;
  let offers: FakeService;
  let dispatcher: FakeService;
  beforeAll(async () => {
    gateway = await GatewayUnderTest.start({ timeoutMs: 1_500 });
    ({ 'conversions-service': conversions, 'dispatcher-service': dispatcher, 'offers-service': offers } = gateway.services);
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    conversions.answer = () => ({ status: 200, body: events });
    offers.answer = () => ({ status: 200, body: explained });
    dispatcher.answer = () => ({
      status: 200,
      body: {
        events: [
          { eventId: FIRST, deliveries: [expectedDelivery(FIRST, 1, 'missing')] },
          { eventId: SECOND, deliveries: [expectedDelivery(SECOND, 2, 'notYet')] },
        ],
      },
    });
    for (const service of Object.values(gateway.services)) service.requests.length = 0;
  });

  const explain = async (query = ''): Promise<ConversionExplanation> => {
    const { status, body } = await gateway.call(`/v1/conversions/${id}/explanation${query}`);
    expect(status).toBe(200);
    return conversionExplanationSchema.parse(body);
  };

  it('joins its events, why callbacks fired, and what became of the deliveries of those that did', async () => {
    const answer = await explain('?limit=2&callbackId=9');
    expect(answer).toMatchObject({
      conversionId: id,
      offer: { id: 7, name: 'Casino' },
      affiliate: { id: 5, name: 'Traffic Ltd' },
      goal: { id: 3, name: 'Deposit' },
      nextCursor: 'c1',
      missing: null,
      items: [
        {
          eventId: FIRST,
          type: 'ConversionCreated',
          version: 1,
          status: 'pending',
          previousStatus: null,
          revision: 11,
          recordedAt: AT,
          goalsEnabled: true,
          callbacks: [
            { callbackId: 1, fires: true, delivery: { state: 'missing', detail: 'why' } },
            { callbackId: 2, fires: false, delivery: null },
          ],
        },
        {
          eventId: SECOND,
          type: 'StatusChanged',
          callbacksNotShown: 4,
          callbacks: [
            { callbackId: 1, fires: null, delivery: null },
            { callbackId: 2, fires: true, delivery: { state: 'notYet' } },
          ],
        },
      ],
    });
    expect(conversions.last().url).toBe(`/v1/conversions/${id}/events?limit=2`);
    expect(offers.last().url).toBe('/v1/offers/7/explanations');
    expect(JSON.parse(offers.last().body)).toEqual({
      affiliateId: 5,
      goalId: 3,
      events: [
        { eventId: FIRST, revision: 11, status: 'pending', previousStatus: null },
        { eventId: SECOND, revision: 12, status: 'done', previousStatus: 'pending' },
      ],
      callbackId: 9,
    });
    expect(dispatcher.last().url).toBe(`/v1/conversions/${id}/expected-deliveries`);
    expect(JSON.parse(dispatcher.last().body)).toEqual({
      events: [
        { eventId: FIRST, recordedAt: AT, publication: 'published', callbackIds: [1] },
        { eventId: SECOND, recordedAt: AT, publication: 'waiting', callbackIds: [2] },
      ],
    });
  });

  it.each([
    ['is away', () => null],
    ['refuses', () => ({ status: 503, body: { status: 503 } })],
    ['answers nonsense', () => ({ status: 200, body: { events: [] } })],
  ])('says what is missing while the dispatcher %s, and tells the rest', async (_, answer) => {
    dispatcher.answer = answer;
    const { missing, items } = await explain();
    expect(missing).toContain('dispatcher-service');
    expect(items[0]!.callbacks).toMatchObject([
      { fires: true, delivery: { id: deliveryId(Date.parse(AT), FIRST, 1), state: 'unknown', detail: missing } },
      { fires: false, delivery: null },
    ]);
  });

  it('asks for no deliveries where nothing fires', async () => {
    offers.answer = () => ({
      status: 200,
      body: { ...explained, events: explained.events.map((event) => ({ ...event, callbacks: [callback(2, false)] })) },
    });
    expect((await explain()).missing).toBeNull();
    expect(dispatcher.requests).toEqual([]);
  });

  it.each(['conversions-service', 'offers-service'] as const)('is answered 503 naming %s while that is away', async (service) => {
    gateway.services[service].answer = () => null;
    expect(await gateway.call(`/v1/conversions/${id}/explanation`)).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining(service) },
    });
  });

  it('that does not exist is answered as its service says, and so is a callback of another offer', async () => {
    offers.answer = () => ({ status: 404, body: { status: 404, detail: 'callback 9 of offer 7 does not exist' } });
    expect(await gateway.call(`/v1/conversions/${id}/explanation`)).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('callback 9') },
    });
    conversions.answer = () => ({ status: 404, body: { status: 404, detail: 'conversion x does not exist' } });
    expect(await gateway.call(`/v1/conversions/${id}/explanation`)).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('conversion x') },
    });
  });

  it('from a service of another shape is answered 502', async () => {
    offers.answer = () => ({ status: 200, body: { events: [] } });
    expect(await gateway.call(`/v1/conversions/${id}/explanation`)).toMatchObject({
      status: 502,
      body: { detail: expect.stringContaining('offers-service') },
    });
  });

  it.each(['limit=0', 'limit=51', 'callbackId=x', 'eventId=1'])('refuses ?%s', async (query) => {
    expect((await gateway.call(`/v1/conversions/${id}/explanation?${query}`)).status).toBe(422);
    expect(conversions.requests).toEqual([]);
  });
});
