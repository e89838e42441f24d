import type { Callback, CallbackDiff, CallbackVersion, CallbackVersionView, Page, Preview } from '@ringback/contracts';
import { anOffer, OffersRig, type CallbackAnswer, type OffersProcess, type ProblemAnswer } from '../testing/offers-rig.js';

/** `whsec_` and 24 bytes. */
const whsec = (byte: number) => `whsec_${Buffer.alloc(24, byte).toString('base64')}`;

const SECRETS = {
  basicAuth: { login: 'network', password: 'pass-Kq81' },
  requestParams: [
    { name: 'click', value: '{click_id}' },
    { name: 'key', value: 'param-Zx93', secret: true },
  ],
  requestHeaders: [{ name: 'X-Key', value: 'header-Vb27', secret: true }],
  signingSecrets: [{ value: whsec(1) }, { value: whsec(2) }],
};
const PLAINTEXTS = ['pass-Kq81', 'param-Zx93', 'header-Vb27', whsec(1), whsec(2)];

describe('callbacks', () => {
  let rig: OffersRig;
  let offers: OffersProcess;
  let offer: Awaited<ReturnType<typeof anOffer>>;
  let plain: Record<string, unknown>;

  beforeAll(async () => {
    rig = await OffersRig.create();
    offers = await rig.start();
  });
  afterAll(() => rig.drop());
  beforeEach(async () => {
    offer = await anOffer(offers);
    plain = { affiliateId: offer.affiliateId, conversionStatus: 'done', url: 'https://t.example/?c={click_id}', httpType: 'GET' };
  });

  const create = async (fields: Record<string, unknown> = {}): Promise<Callback> => {
    const made = (await offers.call('POST', offer.callbacks, { ...plain, ...fields })) as unknown as CallbackAnswer;
    expect(made.status).toBe(201);
    return made.body;
  };
  const patch = (callback: { id: number }, body: unknown, headers?: Record<string, string>) =>
    offers.call('PATCH', `${offer.callbacks}/${callback.id}`, body, headers) as unknown as Promise<CallbackAnswer>;
  const read = (callback: { id: number }) => offers.call<Callback>('GET', `${offer.callbacks}/${callback.id}`);
  const versions = async (callback: { id: number }) =>
    (await offers.call<Page<CallbackVersionView>>('GET', `${offer.callbacks}/${callback.id}/versions`)).body.items;

  it('have every field, and defaults for those left out', async () => {
    const bare = await create();
    expect(bare).toMatchObject({
      ...plain,
      name: null,
      goalId: null,
      basicAuth: null,
      requestParams: [],
      requestHeaders: [],
      enabled: true,
      disabledReason: null,
      retry: 'standard',
      timeoutMs: 10_000,
      maxPerSecond: null,
      ordering: 'none',
      signingSecrets: [],
      version: 1,
    });
    const fields = {
      name: 'To the tracker',
      goalId: offer.goalId,
      httpType: 'POST_JSON',
      requestParams: [{ name: 'user.id', value: '{user_id}', type: 'number', secret: false }],
      requestHeaders: [{ name: 'X-Source', value: 'ringback', secret: false }],
      enabled: false,
      retry: 'long',
      timeoutMs: 30_000,
      maxPerSecond: 5,
      ordering: 'conversion',
    };
    expect(await create(fields)).toMatchObject(fields);
  });

  it('have ids that ascend', async () => {
    const ids = [await create(), await create(), await create()].map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });

  it.each([
    ['an unknown affiliate', { affiliateId: 2_147_483_647 }, 'affiliateId'],
    ['a negative affiliate id', { affiliateId: -1 }, 'affiliateId'],
    ['an enormous affiliate id', { affiliateId: 1e21 }, 'affiliateId'],
    ['an unknown goal', { goalId: 2_147_483_647 }, 'goalId'],
    ['an unknown status', { conversionStatus: 'lost' }, 'conversionStatus'],
    ['an unknown macro', { url: 'https://t.example/?c={clik_id}' }, 'url'],
    ['another scheme', { url: 'ftp://t.example/' }, 'url'],
    ['a macro in the host', { url: 'https://{sub1}.example/' }, 'url'],
    ['credentials in the URL', { url: 'https://u:p@t.example/' }, 'url'],
    ['NUL in the URL', { url: 'https://t.example/\u0000' }, 'url'],
    ['an unknown HTTP type', { httpType: 'PUT' }, 'httpType'],
    ['a colon in the login', { basicAuth: { login: 'a:b', password: 'p' } }, 'basicAuth.login'],
    ['a login without password', { basicAuth: { login: 'a' } }, 'basicAuth.password'],
    ['Basic Auth without anything', { basicAuth: {} }, 'basicAuth.token'],
    ['a param without value', { requestParams: [{ name: 'a' }] }, 'requestParams.0.value'],
    ['a secret param without value', { requestParams: [{ name: 'a', secret: true }] }, 'requestParams.0.value'],
    ['an unknown field of a param', { requestParams: [{ name: 'a', value: 'b', hidden: true }] }, 'requestParams.0.hidden'],
    [
      'a name twice in JSON',
      {
        httpType: 'POST_JSON',
        requestParams: [
          { name: 'a', value: '1' },
          { name: 'a', value: '2' },
        ],
      },
      'requestParams.1.name',
    ],
    [
      'user beside user.id',
      {
        httpType: 'POST_JSON',
        requestParams: [
          { name: 'user', value: '1' },
          { name: 'user.id', value: '2' },
        ],
      },
      'requestParams.1.name',
    ],
    ['a type that is none', { requestParams: [{ name: 'a', value: '1', type: 'date' }] }, 'requestParams.0.type'],
    ['a header that cannot be set', { requestHeaders: [{ name: 'Content-Length', value: '1' }] }, 'requestHeaders.0.name'],
    [
      'an Authorization header beside Basic Auth',
      { basicAuth: { token: 't' }, requestHeaders: [{ name: 'authorization', value: 'x' }] },
      'requestHeaders.0.name',
    ],
    ['a lone surrogate in a header', { requestHeaders: [{ name: 'X-A', value: '\ud800' }] }, 'requestHeaders.0.value'],
    ['too long a timeout', { timeoutMs: 30_001 }, 'timeoutMs'],
    ['a rate of nothing', { maxPerSecond: 0 }, 'maxPerSecond'],
    ['three signing secrets', { signingSecrets: [{}, {}, {}] }, 'signingSecrets'],
    ['a signing secret of another form', { signingSecrets: [{ value: 'abc' }] }, 'signingSecrets.0.value'],
    ['a signing secret without value', { signingSecrets: [{}] }, 'signingSecrets.0.value'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    [
      'a record larger than Kafka takes',
      { requestParams: Array.from({ length: 50 }, (_, i) => ({ name: `p${i}`, value: '\u20ac'.repeat(4000) })) },
      'requestParams',
    ],
  ])('%s is refused, naming the field', async (_, fields, path) => {
    const answer = (await offers.call('POST', offer.callbacks, { ...plain, ...fields })) as unknown as ProblemAnswer;
    expect(answer.status).toBe(422);
    expect(answer.body.errors!.map((error) => error.path)).toContain(path);
  });

  it('every fault is named at once', async () => {
    const answer = (await offers.call('POST', offer.callbacks, {
      ...plain,
      url: 'https://t.example/{nope}',
      affiliateId: 2_147_483_647,
      goalId: 2_147_483_647,
    })) as unknown as ProblemAnswer;
    expect(answer.body.errors!.map(({ path }) => path).sort()).toEqual(['affiliateId', 'goalId', 'url']);
  });

  it("another offer's goal and an archived goal are refused, but one that is archived later stays through edits", async () => {
    const other = await anOffer(offers);
    const errors = { status: 422, body: { errors: [{ path: 'goalId' }] } };
    expect(await offers.call('POST', offer.callbacks, { ...plain, goalId: other.goalId })).toMatchObject(errors);
    const callback = await create({ goalId: offer.goalId });
    await offers.call('DELETE', `/v1/offers/${offer.offerId}/goals/${offer.goalId}`);
    expect(await patch(callback, { name: 'edited' })).toMatchObject({ status: 200, body: { goalId: offer.goalId } });
    expect(await offers.call('POST', offer.callbacks, { ...plain, goalId: offer.goalId })).toMatchObject(errors);
  });

  it('while goals are off the goal of a callback survives edits, and only a change of it is refused', async () => {
    const callback = await create({ goalId: offer.goalId });
    await offers.call('PATCH', `/v1/offers/${offer.offerId}`, { goalsEnabled: false });
    expect(await patch(callback, { url: 'https://t.example/new' })).toMatchObject({
      status: 200,
      body: { goalId: offer.goalId, version: 2 },
    });
    expect(await patch(callback, { goalId: offer.goalId, name: 'same goal' })).toMatchObject({ status: 200, body: { version: 3 } });
    for (const goalId of [null, 2_147_483_647])
      expect(await patch(callback, { goalId })).toMatchObject({ status: 422, body: { errors: [{ path: 'goalId' }] } });
    expect(await offers.call('POST', offer.callbacks, { ...plain, goalId: offer.goalId })).toMatchObject({ status: 422 });
    await offers.call('PATCH', `/v1/offers/${offer.offerId}`, { goalsEnabled: true });
    expect((await read(callback)).body).toMatchObject({ goalId: offer.goalId, url: 'https://t.example/new' });
  });

  it('an edit that changes nothing makes no version, secrets given again included', async () => {
    const callback = await create(SECRETS);
    expect(await patch(callback, {})).toMatchObject({ status: 200, body: { version: 1 } });
    expect(await patch(callback, SECRETS)).toMatchObject({ status: 200, body: { version: 1 } });
    expect(await versions(callback)).toHaveLength(1);
  });

  it('secrets are in no answer, in no row and in no record; they read back as set', async () => {
    const callback = await create({ ...SECRETS, httpType: 'POST_FORM' });
    const answers = [
      await patch(callback, { name: 'renamed' }),
      await read(callback),
      await offers.call('GET', offer.callbacks),
      await offers.call('GET', `${offer.callbacks}/${callback.id}/versions`),
      (await patch(callback, { name: 'again' }, { 'if-match': '"1"' })) as unknown as ProblemAnswer,
      await offers.call('POST', `${offer.callbacks}/preview`, { callback: { ...plain, ...SECRETS }, callbackId: callback.id }),
    ];
    expect(callback).toMatchObject({
      basicAuth: { login: 'network', password: { set: true } },
      requestParams: [
        { name: 'click', value: '{click_id}', secret: false },
        { name: 'key', set: true, secret: true },
      ],
      requestHeaders: [{ name: 'X-Key', set: true, secret: true }],
      signingSecrets: [{ set: true }, { set: true }],
    });
    const { rows } = await rig.pool.query('select * from offers.callback where id = $1', [callback.id]);
    const records = await rig.pool.query('select record from offers.configuration_version');
    const kept = JSON.stringify([callback, answers.map(({ text }) => text), rows, records.rows]);
    const published = (await rig.readTopic()).map(({ value }) => value?.toString('utf8')).join();
    expect(published).toContain(`callback:${callback.id}:2`);
    for (const plaintext of PLAINTEXTS) {
      expect(kept).not.toContain(plaintext);
      expect(published).not.toContain(plaintext);
    }
  });

  it('a secret left out of an edit stays: by name, whatever the order; a signing secret by its position', async () => {
    const callback = await create(SECRETS);
    const kept = await patch(callback, {
      basicAuth: { login: 'other-login' },
      requestParams: [
        { name: 'key', secret: true },
        { name: 'click', value: '{sub1}' },
      ],
      requestHeaders: [{ name: 'X-Key', secret: true }],
      signingSecrets: [{}, { value: whsec(3) }],
    });
    expect(kept.status).toBe(200);
    const shown = await offers.call<Preview>('POST', `${offer.callbacks}/preview`, {
      callback: { ...plain, requestParams: [{ name: 'key', secret: true }], basicAuth: { login: 'x' } },
      callbackId: callback.id,
    });
    expect(shown).toMatchObject({ status: 200 });
    expect(shown.body.url).toMatch(/key=\*\*\*$/);
  });

  it.each([
    ['a renamed secret', { requestParams: [{ name: 'key2', secret: true }] }, 'requestParams.0.value'],
    ['a secret made readable', { requestParams: [{ name: 'key', secret: false }] }, 'requestParams.0.value'],
    ['a renamed secret header', { requestHeaders: [{ name: 'x-key', secret: true }] }, 'requestHeaders.0.value'],
    ['a token in place of a password', { basicAuth: {} }, 'basicAuth.token'],
    ['one more signing secret', { signingSecrets: [{}, {}, {}] }, 'signingSecrets'],
  ])('%s needs its value given', async (_, edit, path) => {
    const callback = await create(SECRETS);
    expect(await patch(callback, edit)).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });

  it('a stored secret that no longer fits is named, never quoted', async () => {
    const callback = await create({ requestParams: [{ name: 'key', value: 'param-Zx93', type: 'json', secret: true }] });
    const answer = (await patch(callback, { httpType: 'POST_JSON' })) as unknown as ProblemAnswer;
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: 'requestParams.0.value' }] } });
    expect(answer.text).not.toContain('param');
  });

  it('a deleted one is gone from reads and lists, keeps its versions, and can be restored', async () => {
    const callback = await create({ ...SECRETS, goalId: offer.goalId });
    await patch(callback, { url: 'https://t.example/second', signingSecrets: [] });
    const path = `${offer.callbacks}/${callback.id}`;
    expect((await offers.call('DELETE', path, undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect(await offers.call('DELETE', path)).toMatchObject({ status: 204, text: '' });
    expect((await offers.call('DELETE', path)).status).toBe(404);
    expect((await read(callback)).status).toBe(404);
    expect((await patch(callback, { name: 'x' })).status).toBe(404);
    expect((await offers.call<Page<Callback>>('GET', offer.callbacks)).body.items).toEqual([]);
    expect(await versions(callback)).toMatchObject([
      { version: 3, deletedAt: expect.any(String), url: 'https://t.example/second' },
      { version: 2, deletedAt: null, url: 'https://t.example/second' },
      { version: 1, deletedAt: null, url: plain['url'], changedBy: 'ada@example.com' },
    ]);
    await offers.call('PATCH', `/v1/offers/${offer.offerId}`, { goalsEnabled: false });

    const restored = await offers.call<Callback>('POST', `${path}/versions/1/restore`);
    expect(restored).toMatchObject({
      status: 200,
      body: { version: 4, url: plain['url'], goalId: offer.goalId, signingSecrets: [{ set: true }, { set: true }] },
    });
    expect((await read(callback)).body).toEqual(restored.body);
    expect(await offers.call('POST', `${path}/versions/1/restore`)).toMatchObject({ body: { version: 4 } });
    expect((await offers.call('POST', `${path}/versions/9/restore`)).status).toBe(404);
    expect((await offers.call('POST', `${path}/versions/2/restore`, undefined, { 'if-match': '"3"' })).status).toBe(412);
  });

  it('a version whose goal was archived meanwhile is not restored', async () => {
    const callback = await create({ goalId: offer.goalId });
    await patch(callback, { goalId: null });
    await offers.call('DELETE', `/v1/offers/${offer.offerId}/goals/${offer.goalId}`);
    expect(await offers.call('POST', `${offer.callbacks}/${callback.id}/versions/1/restore`)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'goalId' }] },
    });
  });

  it('versions are paged, the newest first', async () => {
    const callback = await create();
    for (const name of ['b', 'c']) await patch(callback, { name });
    const path = `${offer.callbacks}/${callback.id}/versions`;
    const first = await offers.call<Page<CallbackVersionView>>('GET', `${path}?limit=2`);
    expect(first.body.items.map(({ version }) => version)).toEqual([3, 2]);
    const second = await offers.call<Page<CallbackVersionView>>('GET', `${path}?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ items: [{ version: 1 }], nextCursor: null });
  });

  it('versions say who changed what, and two of them can be compared', async () => {
    const callback = await create(SECRETS);
    const path = `${offer.callbacks}/${callback.id}`;
    await patch(callback, { url: 'https://t.example/second', requestParams: [{ name: 'key', value: 'param-Qq11', secret: true }] });
    await offers.call('DELETE', path);
    const changes = (await versions(callback)).map(({ changes: made }) => made);
    expect(changes[2]).toEqual([]);
    expect(changes[1]).toEqual(
      expect.arrayContaining([
        { path: 'url', before: plain['url'], after: 'https://t.example/second' },
        { path: 'requestParams.key.value', before: { set: true }, after: { set: true } },
      ]),
    );
    expect(changes[0]).toEqual([{ path: 'deletedAt', before: null, after: expect.any(String) }]);
    const whole = await offers.call<CallbackDiff>('GET', `${path}/versions/1/diff`);
    expect(whole.body).toEqual({ from: 1, to: 3, changes: [...changes[1]!, ...changes[0]!] });
    const back = await offers.call<CallbackDiff>('GET', `${path}/versions/2/diff?to=1`);
    expect(back.body).toMatchObject({ from: 2, to: 1 });
    expect(back.body.changes).toContainEqual({ path: 'url', before: 'https://t.example/second', after: plain['url'] });
    expect(JSON.stringify([changes, whole.body, back.body])).not.toMatch(/pass-Kq81|param-(Zx93|Qq11)|header-Vb27|v1\./);
    expect((await offers.call('GET', `${path}/versions/1/diff?to=9`)).status).toBe(404);
    expect((await offers.call('GET', `${path}/versions/9/diff`)).status).toBe(404);
    expect((await offers.call('GET', `${path}/versions/1/diff?to=x`)).status).toBe(422);
  });

  it('what was made secret is shown of no earlier version either', async () => {
    const callback = await create({ requestParams: [{ name: 'token', value: 'readable-once' }] });
    await patch(callback, { requestParams: [{ name: 'token', secret: true }] });
    const [, first] = await versions(callback);
    expect(first!.requestParams).toEqual([{ name: 'token', set: true, type: 'string', secret: false }]);
    const listed = await offers.call('GET', `${offer.callbacks}/${callback.id}/versions`);
    expect(listed.text).not.toContain('readable-once');
  });

  it('a restored version sends the secrets that it had', async () => {
    const callback = await create(SECRETS);
    const path = `${offer.callbacks}/${callback.id}`;
    await patch(callback, { basicAuth: null, requestParams: [], requestHeaders: [], signingSecrets: [] });
    await offers.call('DELETE', path);
    await offers.call('POST', `${path}/versions/1/restore`);
    const stored = await rig.pool.query<{ version: number; data: CallbackVersion }>(
      `select version, record -> 'data' as data from offers.configuration_version where kind = 'callback' and aggregate_id = $1 order by version`,
      [callback.id],
    );
    const [first, , , restored] = stored.rows.map(({ data }) => data);
    for (const field of ['basicAuth', 'requestParams', 'requestHeaders', 'signingSecrets'] as const)
      expect(restored![field]).toEqual(first![field]);
    // Opened and rendered: a secret that cannot be opened is refused.
    const shown = await offers.call<Preview>('POST', `${offer.callbacks}/preview`, {
      callback: { ...plain, ...SECRETS, requestParams: [{ name: 'key', secret: true }] },
      callbackId: callback.id,
    });
    expect(shown.status).toBe(200);
  });

  it('of one offer are not found under another', async () => {
    const callback = await create();
    const other = await anOffer(offers);
    for (const rest of ['', '/versions']) expect((await offers.call('GET', `${other.callbacks}/${callback.id}${rest}`)).status).toBe(404);
  });
});
