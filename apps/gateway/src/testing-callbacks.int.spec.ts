import { GatewayUnderTest } from './testing/gateway-under-test.js';
import type { FakeService } from './testing/fake-service.js';

const id = '01941f29-7c00-7a3e-9f10-5c2d8e41b6a7';
const conversion = { id, version: 2, offerId: 7, affiliateId: 7, status: 'done' };
const PATH = '/v1/offers/7/callbacks/3/test';

describe('a test of a callback', () => {
  let gateway: GatewayUnderTest;
  let conversions: FakeService;
  let dispatcher: FakeService;
  beforeAll(async () => {
    gateway = await GatewayUnderTest.start({ timeoutMs: 500 });
    ({ 'conversions-service': conversions, 'dispatcher-service': dispatcher } = gateway.services);
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    conversions.answer = () => ({ status: 200, body: { ...conversion, history: [] } });
    dispatcher.answer = () => ({ status: 200, body: { result: 'delivered' } });
    for (const service of Object.values(gateway.services)) service.requests.length = 0;
  });

  it('is sent by the dispatcher, with the conversion that it names', async () => {
    expect(await gateway.post(PATH, { conversionId: id })).toMatchObject({ status: 200, body: { result: 'delivered' } });
    expect(dispatcher.last()).toMatchObject({ method: 'POST', url: PATH });
    expect(JSON.parse(dispatcher.last().body)).toEqual({ conversion });
  });

  it.each([[{}], [undefined]])('goes on as it is when it names none: %j', async (body) => {
    expect((await gateway.call(PATH, { method: 'POST', ...(body ? { json: body } : {}) })).status).toBe(200);
    expect(dispatcher.last().body).toBe(body ? '{}' : '');
    expect(conversions.requests).toEqual([]);
  });

  it.each([
    ['of a conversion that does not exist', { conversionId: id }, 'conversionId'],
    ['of no conversion id', { conversionId: 7 }, 'conversionId'],
    ['with a conversion of its own', { conversion }, 'conversion'],
  ])('%s is refused with 422', async (_, body, path) => {
    conversions.answer = () => ({ status: 404, body: { status: 404 } });
    expect(await gateway.post(PATH, body)).toMatchObject({ status: 422, body: { errors: [{ path }] } });
    expect(dispatcher.requests).toEqual([]);
  });

  it('is waited for as long as its receiver may take, not as other answers are', async () => {
    dispatcher.answer = (_, response) => {
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":"delivered"}'), 800);
      return null;
    };
    expect(await gateway.post(PATH, {})).toMatchObject({ status: 200, body: { result: 'delivered' } });
  });

  it('that is one too many is told when to come again', async () => {
    dispatcher.answer = () => ({ status: 429, headers: { 'retry-after': '1' }, body: { status: 429, detail: 'later' } });
    const answer = await gateway.post(PATH, {});
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
  });

  it.each([
    ['admin', 200],
    ['manager', 200],
    ['viewer', 403],
    ['service', 403],
  ])('by a key of role %s is answered %i', async (role, status) => {
    const token = await gateway.keyOf(role);
    expect((await gateway.post(PATH, {}, { token })).status).toBe(status);
  });
});
