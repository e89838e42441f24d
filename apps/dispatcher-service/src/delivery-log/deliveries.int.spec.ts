import { deliveryDetailSchema, deliveryPageSchema, type DeliveryPage } from '@ringback/contracts';
import { eventually, type Answer } from '@ringback/testbed';
import { conversionCreated } from '../testing/conversion-event.js';
import { DispatchersUnderTest, type RunningDispatcher } from '../testing/dispatchers-under-test.js';

describe('the API of deliveries', () => {
  let spec: DispatchersUnderTest;
  let service: RunningDispatcher;
  const page = async (path: string): Promise<DeliveryPage> => {
    const { status, body } = await service.get(path);
    expect(status).toBe(200);
    return deliveryPageSchema.parse(body);
  };

  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    const { author, receiver } = spec;
    const secret = author.keyring.seal('pass-word-1', 'callback:1:requestHeaders.x-key');
    await spec.configure(
      author.callback(1, {
        url: `${receiver.url}/good?c={click_id}`,
        httpType: 'POST_JSON',
        requestParams: [{ name: 'text', value: 'ä {click_id}', type: 'string', secret: false }],
        requestHeaders: [{ name: 'x-key', value: secret, secret: true }],
      }),
      author.callback(2, { affiliateId: 2, url: `${receiver.url}/bad` }),
    );
    receiver.answer(({ path }): Answer =>
      path === '/bad'
        ? { status: 503, headers: { 'x-what': 'down' }, body: Buffer.from([0, 0xff, 0x41]) }
        : { body: 'echo pass-word-1 ✓', headers: { 'x-echo': 'pass-word-1' } },
    );
    service = await spec.run();
    const events = Array.from({ length: 5 }, (_, index) =>
      conversionCreated({
        revision: author.revision,
        conversion: { clickId: `click-${index}` },
        recordedAtMs: Date.now() - 60_000 * index,
      }),
    );
    await spec.publish(...events, conversionCreated({ revision: author.revision, conversion: { affiliateId: 2 } }));
    await receiver.waitFor(6);
    await eventually(async () => (await spec.count('dispatcher.delivery')) === 5 && (await spec.count('dispatcher.parked')) === 1);
  });
  afterAll(() => spec.stop());

  it('lists all, newest first, page by page', async () => {
    const all = await page('/v1/deliveries');
    expect(all.items).toHaveLength(6);
    expect(all.nextCursor).toBeNull();
    const ids = all.items.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort().reverse());

    const first = await page('/v1/deliveries?limit=4');
    const rest = await page(`/v1/deliveries?limit=4&cursor=${first.nextCursor}`);
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids);
    expect(rest.nextCursor).toBeNull();
  });

  it('filters by status, callback, answer and conversion', async () => {
    const delivered = await page('/v1/deliveries?status=delivered');
    expect(delivered.items).toHaveLength(5);
    const retrying = await page('/v1/deliveries?status=retrying');
    expect(retrying.items).toMatchObject([{ callbackId: 2, status: 'retrying', attempts: 1, httpStatus: 503, error: 'answered 503' }]);
    expect((await page('/v1/deliveries?callbackId=2&httpStatus=503')).items).toHaveLength(1);
    expect((await page('/v1/deliveries?callbackId=2&httpStatus=200')).items).toHaveLength(0);
    const [some] = delivered.items;
    expect((await page(`/v1/deliveries?conversionId=${some!.conversionId}`)).items).toEqual([some]);
    const { destination } = retrying.items[0]!;
    expect((await page(`/v1/deliveries?destination=${encodeURIComponent(destination!)}`)).items).toHaveLength(6);
    const from = new Date(Date.now() - 90_000).toISOString();
    expect((await page(`/v1/deliveries?from=${from}&status=delivered`)).items).toHaveLength(2);
    expect((await page(`/v1/deliveries?to=${from}&status=delivered`)).items).toHaveLength(3);
  });

  it('shows each attempt with its exchange, secrets masked, even where the receiver echoes them', async () => {
    const [delivery] = (await page('/v1/deliveries?status=delivered&limit=1')).items;
    const { body } = await service.get(`/v1/deliveries/${delivery!.id}`);
    const detail = deliveryDetailSchema.parse(body);
    expect(detail.attemptLog).toHaveLength(1);
    const [attempt] = detail.attemptLog;
    expect(attempt).toMatchObject({ number: 1, httpStatus: 200, error: null, exchangeLost: false });
    expect(attempt!.request).toMatchObject({ method: 'POST', body: { text: '{"text":"ä click-0"}', truncated: false } });
    expect(attempt!.request!.url).toBe(`${spec.receiver.url}/good?c=click-0`);
    expect(attempt!.request!.headers).toContainEqual({ name: 'x-key', value: '***' });
    expect(attempt!.request!.headers).toContainEqual({ name: 'webhook-id', value: delivery!.id });
    expect(attempt!.response!.body).toMatchObject({ text: 'echo *** ✓' });
    expect(attempt!.response!.headers).toContainEqual({ name: 'x-echo', value: '***' });
    expect(spec.receiver.on('/good')[0]!.header('x-key')).toBe('pass-word-1');
  });

  it('shows how long each step took, and a command that sends the same again', async () => {
    const [delivery] = (await page('/v1/deliveries?status=retrying')).items;
    const [attempt] = deliveryDetailSchema.parse((await service.get(`/v1/deliveries/${delivery!.id}`)).body).attemptLog;
    expect(attempt!.timing).toMatchObject({ firstByteMs: expect.any(Number), totalMs: attempt!.durationMs });
    expect(attempt!.request!.curl).toContain(`'${spec.receiver.url}/bad'`);
    const good = (await page('/v1/deliveries?status=delivered')).items.map(({ id }) => id);
    const timings = [];
    for (const id of good) {
      const [shown] = deliveryDetailSchema.parse((await service.get(`/v1/deliveries/${id}`)).body).attemptLog;
      expect(shown!.request!.curl).toMatch(/--header 'x-key: \*\*\*'[^]*--data-raw '\{"text":"ä click-\d"\}'$/);
      timings.push(shown!.timing!);
    }
    // The first request to a receiver opens a connection.
    expect(timings.some(({ connectMs }) => connectMs !== null)).toBe(true);
  });

  it('says of an exchange that could not be stored that it is lost', async () => {
    const { id } = (await page('/v1/deliveries?status=delivered&limit=1')).items[0]!;
    const kept = await spec.rows<{ exchange: Buffer }>('select exchange from dispatcher.delivery where id = $1', [id]);
    await spec.db.query('update dispatcher.delivery set exchange = null, exchange_lost = true where id = $1', [id]);
    const { attemptLog } = deliveryDetailSchema.parse((await service.get(`/v1/deliveries/${id}`)).body);
    await spec.db.query('update dispatcher.delivery set exchange = $2, exchange_lost = false where id = $1', [id, kept[0]!.exchange]);
    expect(attemptLog).toMatchObject([{ number: 1, httpStatus: 200, exchangeLost: true, timing: null, request: null, response: null }]);
  });

  it('shows a body that is no text in base64', async () => {
    const [delivery] = (await page('/v1/deliveries?status=retrying')).items;
    const detail = deliveryDetailSchema.parse((await service.get(`/v1/deliveries/${delivery!.id}`)).body);
    expect(detail.attemptLog[0]).toMatchObject({
      number: 1,
      httpStatus: 503,
      error: 'answered 503',
      response: { body: { base64: 'AP9B', bytes: 3, truncated: false } },
    });
    expect(detail.nextAttemptAt).not.toBeNull();
  });

  it('refuses what it cannot read, and does not find what is not there', async () => {
    expect(await service.get('/v1/deliveries?cursor=nonsense')).toMatchObject({ status: 422, body: { errors: [{ path: 'cursor' }] } });
    expect(await service.get('/v1/deliveries?offerId=-1')).toMatchObject({ status: 422, body: { errors: [{ path: 'offerId' }] } });
    expect(await service.get('/v1/deliveries/00000000-0000-8000-8000-000000000000')).toMatchObject({ status: 404 });
    expect((await service.get('/v1/deliveries/nothing')).status).toBe(404);
    expect((await fetch(`${service.url}/v1/deliveries`)).status).toBe(401);
  });
});
