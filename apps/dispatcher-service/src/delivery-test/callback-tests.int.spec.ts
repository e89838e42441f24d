import { randomUUID } from 'node:crypto';
import { callbackTestSchema, type CallbackTest } from '@ringback/contracts';
import { Webhook } from 'standardwebhooks';
import { conversionCreated } from '../testing/conversion-event.js';
import { DispatchersUnderTest, type RunningDispatcher } from '../testing/dispatchers-under-test.js';
import { MAX_TESTS_AT_ONCE } from './callback-tests.js';

const SIGNING_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

describe('a test of a callback', () => {
  let spec: DispatchersUnderTest;
  let service: RunningDispatcher;
  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    const { author, receiver } = spec;
    const seal = (secret: string, field: string) => author.keyring.seal(secret, `callback:1:${field}`);
    await spec.configure(
      author.offer(2),
      author.callback(1, {
        affiliateId: 1,
        conversionStatus: 'rejected',
        url: `${receiver.url}/postback?status={status}&offer={offer_name}`,
        httpType: 'POST_JSON',
        requestParams: [{ name: 'click', value: '{click_id}', type: 'string', secret: false }],
        requestHeaders: [{ name: 'x-key', value: seal('pass-word-1', 'requestHeaders.x-key'), secret: true }],
        signingSecrets: [seal(SIGNING_SECRET, 'signingSecrets.0')],
      }),
    );
    service = await spec.run();
  });
  beforeEach(() => spec.receiver.answer({}));
  afterAll(() => spec.stop());

  const post = (callbackId: number | string, body?: unknown, offerId: number | string = 1) =>
    service.post(`/v1/offers/${offerId}/callbacks/${callbackId}/test`, body);
  const run = async (callbackId: number, body?: unknown): Promise<CallbackTest> => {
    const answer = await post(callbackId, body);
    expect(answer.status).toBe(200);
    return callbackTestSchema.parse(answer.body);
  };

  it('sends one request for a sample that meets the conditions, and shows it and its answer, secrets masked', async () => {
    spec.receiver.answer({ status: 202, headers: { 'x-echo': 'pass-word-1' }, body: 'echo pass-word-1 ✓' });
    const test = await run(1, {});
    const request = spec.receiver.requests.at(-1)!;
    expect(request.rawUrl).toBe('/postback?status=rejected&offer=offer%201');
    expect(request.header('x-key')).toBe('pass-word-1');
    expect(request.webhookId).toBe(test.webhookId);
    expect(test).toMatchObject({
      webhookId: expect.stringMatching(/^test_[0-9a-f-]{36}$/),
      result: 'delivered',
      error: null,
      httpStatus: 202,
      durationMs: expect.any(Number),
      timing: { firstByteMs: expect.any(Number) },
      request: {
        method: 'POST',
        url: `${spec.receiver.url}/postback?status=rejected&offer=offer%201`,
        body: { text: request.body.toString() },
      },
      response: { body: { text: 'echo *** ✓' } },
    });
    expect(test.request!.headers).toContainEqual({ name: 'x-key', value: '***' });
    expect(test.response!.headers).toContainEqual({ name: 'x-echo', value: '***' });
  });

  it('is signed as a delivery is', async () => {
    await run(1);
    const { headers, body } = spec.receiver.requests.at(-1)!;
    const named = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(new Webhook(SIGNING_SECRET).verify(body, named)).toEqual({ click: expect.any(String) });
  });

  it('tells the newest event of a conversion that is given', async () => {
    const { conversion } = conversionCreated({ revision: 1, conversion: { clickId: 'the-click', status: 'pending' } }).data;
    const test = await run(1, { conversion });
    expect(test.request).toMatchObject({ url: expect.stringContaining('status=pending'), body: { text: '{"click":"the-click"}' } });
  });

  it('tells the event that made the conversion what it is', async () => {
    await spec.configure(
      spec.author.callback(11, { url: `${spec.receiver.url}/event?{event_id}&{event_type}&{previous_status|default:none}` }),
    );
    const { conversion } = conversionCreated({ revision: 1, conversion: { version: 3 } }).data;
    const eventId = randomUUID();
    const { request } = await run(11, { conversion, event: { id: eventId, previousStatus: 'rejected' } });
    expect(request!.url).toBe(`${spec.receiver.url}/event?${eventId}&StatusChanged&rejected`);
    const first = await run(11, { conversion: { ...conversion, version: 1 }, event: { id: eventId, previousStatus: null } });
    expect(first.request!.url).toBe(`${spec.receiver.url}/event?${eventId}&ConversionCreated&none`);
  });

  it('counts nowhere', async () => {
    spec.receiver.answer({ status: 503 });
    for (let times = 0; times < 6; times++) expect(await run(1)).toMatchObject({ result: 'retry', error: expect.stringContaining('503') });
    for (const table of ['delivery', 'delivery_attempt', 'parked', 'breaker', 'callback_health'])
      expect([table, await spec.count(`dispatcher.${table}`)]).toEqual([table, 0]);
  });

  it('is of the callback as it was just saved, disabled or not', async () => {
    await spec.configure(spec.author.callback(5, { url: `${spec.receiver.url}/new`, enabled: false }));
    expect((await run(5)).request!.url).toBe(`${spec.receiver.url}/new`);
    await spec.configure(spec.author.callback(5, { url: `${spec.receiver.url}/newer` }));
    expect((await run(5)).request!.url).toBe(`${spec.receiver.url}/newer`);
  });

  it.each([
    ['a redirection', { status: 302, headers: { location: 'http://10.0.0.1/' } }, { result: 'exhausted', httpStatus: 302 }],
    ['bytes that are no text', { body: Buffer.from([0, 0xff, 0x41]) }, { response: { body: { base64: 'AP9B', bytes: 3 } } }],
    [
      'a broken connection',
      'reset' as const,
      { result: 'retry', httpStatus: null, response: null, error: expect.stringMatching(/reset|closed/i) },
    ],
  ])('shows %s', async (_, answer, shown) => {
    spec.receiver.answer(answer);
    expect(await run(1)).toMatchObject(shown);
  });

  it('shows 16 KiB of a long answer', async () => {
    spec.receiver.answer({ body: 'x'.repeat(100_000) });
    const { response } = await run(1);
    expect(response!.body!.truncated).toBe(true);
    expect(response!.body!.text!.length).toBeLessThanOrEqual(16 * 1024);
  });

  it.each([
    ['an address inside', 'http://10.0.0.5/', /address 10\.0\.0\.5 is not allowed/],
    ['the metadata of a cloud, in other digits', 'http://0xa9fea9fe/latest/meta-data', /address 169\.254\.169\.254 is not allowed/],
  ])('is not sent to %s', async (_, url, message) => {
    await spec.configure(spec.author.callback(6, { url }));
    expect(await run(6)).toMatchObject({ result: 'retry', httpStatus: null, error: expect.stringMatching(message) });
  });

  it('waits as long as the callback does', async () => {
    spec.receiver.answer('hang');
    await spec.configure(spec.author.callback(7, { url: `${spec.receiver.url}/slow`, timeoutMs: 1_000 }));
    expect(await run(7)).toMatchObject({ result: 'retry', error: 'no answer within 1000 ms', response: null });
  });

  it('says why there is no request to send', async () => {
    const sealed = spec.author.keyring.seal(SIGNING_SECRET, 'callback:1:signingSecrets.0');
    await spec.configure(spec.author.callback(8, { url: `${spec.receiver.url}/never`, signingSecrets: [sealed] }));
    expect(await run(8)).toMatchObject({
      result: 'unrenderable',
      error: 'cannot be rendered: signingSecrets.0: its secret cannot be opened: enter it anew',
      request: null,
    });
    expect(spec.receiver.on('/never')).toEqual([]);
  });

  it('is refused for what is not there', async () => {
    await spec.configure(spec.author.callback(9, {}), spec.author.deleteCallback(9));
    for (const [callbackId, offerId] of [
      [9, 1],
      [999, 1],
      [1, 2],
      [1, 999],
      ['x', 1],
      ['1e0', 1],
    ] as const)
      expect([callbackId, offerId, (await post(callbackId, {}, offerId)).status]).toEqual([callbackId, offerId, 404]);
  });

  it.each([
    ['of another offer', { conversion: conversionCreated({ revision: 1, conversion: { offerId: 2 } }).data.conversion }, 'conversionId'],
    ['that is none', { conversion: { id: 7 } }, 'conversion.id'],
    ['by its id', { conversionId: conversionCreated({ revision: 1 }).data.conversion.id }, 'conversionId'],
  ])('is refused with a conversion %s', async (_, body, path) => {
    const answer = await post(1, body);
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body)).toContain(path);
  });

  it(`is refused while ${MAX_TESTS_AT_ONCE} others are under way`, async () => {
    const before = spec.receiver.requests.length;
    spec.receiver.answer('hang');
    await spec.configure(spec.author.callback(10, { url: `${spec.receiver.url}/busy`, timeoutMs: 2_000 }));
    const underWay = Array.from({ length: MAX_TESTS_AT_ONCE }, () => post(10));
    await spec.receiver.waitFor(before + MAX_TESTS_AT_ONCE);
    expect(await post(10)).toMatchObject({ status: 429, body: { detail: expect.stringContaining('try again') } });
    expect((await Promise.all(underWay)).map(({ status }) => status)).toEqual(Array.from({ length: MAX_TESTS_AT_ONCE }, () => 200));
    spec.receiver.answer({});
    expect((await post(10)).status).toBe(200);
  });
});
