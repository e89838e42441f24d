import { GatewayUnderTest } from './testing/gateway-under-test.js';
import type { FakeService } from './testing/fake-service.js';

const id = '01941f29-7c00-7a3e-9f10-5c2d8e41b6a7';
const conversion = { id, version: 2, offerId: 1, affiliateId: 7, status: 'done' };
const history = [{ version: 1, status: 'pending' }];

describe('what the gateway puts together', () => {
  let gateway: GatewayUnderTest;
  let conversions: FakeService;
  let dispatcher: FakeService;
  let offers: FakeService;
  beforeAll(async () => {
    gateway = await GatewayUnderTest.start({ timeoutMs: 1_500 });
    ({ 'conversions-service': conversions, 'dispatcher-service': dispatcher, 'offers-service': offers } = gateway.services);
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    conversions.answer = () => ({ status: 200, body: { ...conversion, history } });
    dispatcher.answer = () => ({ status: 200, body: { items: [{ id: 'd1' }], nextCursor: 'c1', searchedThrough: null } });
    offers.answer = () => ({ status: 200, body: { method: 'GET' } });
    for (const service of Object.values(gateway.services)) service.requests.length = 0;
  });

  describe('a conversion', () => {
    it('is shown with its history and its deliveries', async () => {
      const answer = await gateway.call(`/v1/conversions/${id.toUpperCase()}`);
      expect(answer).toMatchObject({ status: 200, body: { ...conversion, history, deliveries: [{ id: 'd1' }], deliveriesCursor: 'c1' } });
      expect(conversions.last().url).toBe(`/v1/conversions/${id}`);
      expect(dispatcher.last().url).toBe(`/v1/deliveries?conversionId=${id}&limit=200`);
    });

    it.each([
      ['is away', () => null],
      ['refuses', () => ({ status: 503, body: { status: 503 } })],
      ['answers nonsense', () => ({ status: 200, body: '{"items":' })],
    ])('is shown without deliveries while the dispatcher %s', async (_, answer) => {
      dispatcher.answer = answer;
      expect(await gateway.call(`/v1/conversions/${id}`)).toMatchObject({
        status: 200,
        body: { ...conversion, history, deliveries: null, deliveriesCursor: null },
      });
    });

    it('that does not exist is answered as its service says', async () => {
      conversions.answer = () => ({ status: 404, body: { status: 404, detail: 'conversion x does not exist' } });
      expect(await gateway.call(`/v1/conversions/${id}`)).toMatchObject({ status: 404, body: { detail: 'conversion x does not exist' } });
    });

    it('that cannot be read is answered 503', async () => {
      conversions.answer = () => null;
      expect(await gateway.call(`/v1/conversions/${id}`)).toMatchObject({
        status: 503,
        body: { detail: expect.stringContaining('conversions-service') },
      });
    });
  });

  describe('a preview', () => {
    const preview = (body: unknown) => gateway.post('/v1/offers/7/callbacks/preview', body);

    it('gets the conversion that it names', async () => {
      expect((await preview({ callback: { url: 'x' }, callbackId: 3, conversionId: id })).body).toEqual({ method: 'GET' });
      expect(JSON.parse(offers.last().body)).toEqual({ callback: { url: 'x' }, callbackId: 3, conversion });
    });

    it('gets the event that made the conversion what it is, not one that came since', async () => {
      const entry = (version: number, previousStatus: string | null) => ({ version, eventId: `event-${version}`, previousStatus });
      conversions.answer = () => ({
        status: 200,
        body: { ...conversion, history: [entry(1, null), entry(2, 'rejected'), entry(3, 'done')] },
      });
      await preview({ callback: { url: 'x' }, conversionId: id });
      expect(JSON.parse(offers.last().body)).toMatchObject({ event: { id: 'event-2', previousStatus: 'rejected' } });
    });

    it('goes on as it is when it names none', async () => {
      await preview({ callback: { url: 'x' } });
      expect(offers.last()).toMatchObject({ url: '/v1/offers/7/callbacks/preview', body: '{"callback":{"url":"x"}}' });
      expect(conversions.requests).toEqual([]);
    });

    it.each([
      ['of an unknown conversion', { conversionId: id }, 'conversionId'],
      ['of no conversion id', { conversionId: 7 }, 'conversionId'],
      ['of a path', { conversionId: '../../metrics' }, 'conversionId'],
      ['with a conversion of its own', { conversion }, 'conversion'],
      ['with an event of its own', { event: { id } }, 'event'],
    ])('%s is refused with 422', async (_, body, path) => {
      conversions.answer = () => ({ status: 404, body: { status: 404 } });
      expect(await preview(body)).toMatchObject({ status: 422, body: { errors: [{ path }] } });
      expect(offers.requests).toEqual([]);
    });

    it.each([[[]], [null], ['text']])('of %j is for the service to refuse', async (body) => {
      offers.answer = () => ({ status: 422, body: { status: 422 } });
      expect((await preview(body)).status).toBe(422);
    });

    it('waits for nobody who is away', async () => {
      conversions.answer = () => null;
      expect((await preview({ conversionId: id })).status).toBe(503);
    });
  });

  it('the macros are those that can be rendered', async () => {
    const { body } = await gateway.call('/v1/macros');
    const { items, modifiers } = body as { items: { name: string; pii: boolean }[]; modifiers: { name: string }[] };
    expect(items.length).toBeGreaterThanOrEqual(60);
    expect(items).toContainEqual(expect.objectContaining({ name: 'click_id', meaning: expect.any(String), example: expect.any(String) }));
    expect(modifiers.map(({ name }) => name)).toEqual(expect.arrayContaining(['default', 'upper', 'lower', 'raw', 'map', 'fmt']));
  });

  it('the OpenAPI document is the one generated from the routes', async () => {
    const { body } = await gateway.call('/v1/openapi.json', { token: null });
    expect(body).toMatchObject({ openapi: '3.1.0', paths: { '/v1/offers': { get: { operationId: 'listOffers' } } } });
  });
});
