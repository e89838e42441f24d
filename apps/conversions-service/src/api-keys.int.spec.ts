import { ConversionsUnderTest } from './testing/conversions-under-test.js';
import { holds } from './testing/holds.js';

const input = { offerId: 1, affiliateId: 1, status: 'pending' };

describe('direct ingest with an API key', () => {
  let service: ConversionsUnderTest;
  let nowMs = Date.now();
  beforeAll(async () => {
    service = await ConversionsUnderTest.start({ instances: 2, now: () => nowMs, env: { RATE_LIMIT_PER_KEY: '20' } });
    await service.configuration.affiliate(1);
    await service.configuration.offer(1);
  });
  afterAll(() => service.stop());

  const call = (key: string, method: string, path: string, body?: unknown, instance = 0) =>
    service.call(method, path, body, { headers: { authorization: `Bearer ${key}` }, url: service.urls[instance]! });
  const record = async (key: string, instance = 0) => (await call(key, 'POST', '/v1/conversions', input, instance)).status;
  /** Its record is in Kafka, so every instance reads it within moments. */
  const known = (key: string, status = 201) =>
    holds(async () => expect(await Promise.all([record(key, 0), record(key, 1)])).toEqual([status, status]));

  it('takes and reads conversions on every instance', async () => {
    const key = await service.apiKeys.create();
    await known(key);
    const made = await call(key, 'POST', '/v1/conversions', input);
    expect(made.status).toBe(201);
    const id = made.body.id as string;
    expect(await call(key, 'POST', '/v1/conversions/batch', { items: [input, { ...input, offerId: 0 }] })).toMatchObject({
      status: 200,
      body: { items: [{ status: 201 }, { status: 422 }] },
    });
    expect(await call(key, 'PUT', `/v1/conversions/${id}/status`, { status: 'done' })).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await call(key, 'POST', '/v1/conversions/statuses', { items: [{ id, status: 'rejected' }] })).toMatchObject({ status: 200 });
    expect(await call(key, 'GET', `/v1/conversions/${id}`)).toMatchObject({ status: 200, body: { status: 'rejected' } });
    expect((await call(key, 'GET', '/v1/conversions?limit=1')).body.items).toHaveLength(1);
  });

  it.each<[string, string[], number, number]>([
    ['admin', ['*'], 201, 200],
    ['viewer', ['conversions:read'], 403, 200],
    ['manager', ['configuration:read', 'deliveries:write'], 403, 403],
  ])('of the role %s may do what its role allows', async (role, permissions, write, read) => {
    const key = await service.apiKeys.create({ role, permissions });
    await known(key, write);
    expect((await call(key, 'GET', '/v1/conversions?limit=1')).status).toBe(read);
    if (write === 403)
      expect((await call(key, 'POST', '/v1/conversions', input)).body.detail).toBe(
        `the role "${role}" does not allow conversions:write: ask an admin for another key`,
      );
  });

  it('ends on every instance when the key is revoked, and does not come back with a late repeat', async () => {
    const key = await service.apiKeys.create();
    await known(key);
    await service.apiKeys.change(key, { revokedAt: new Date().toISOString() });
    await known(key, 401);
    await service.apiKeys.change(key, { version: 1, revokedAt: null });
    // A key made after it is known, so the repeat was read.
    await known(await service.apiKeys.create());
    expect(await Promise.all([record(key, 0), record(key, 1)])).toEqual([401, 401]);
  });

  it('ends when the key expires, by the clock', async () => {
    const key = await service.apiKeys.create({ expiresAt: new Date(nowMs + 60_000).toISOString() });
    await known(key);
    nowMs += 60_000;
    expect(await record(key)).toBe(401);
  });

  it('is limited in its rate, each key for itself, and is told so', async () => {
    const [busy, other] = [await service.apiKeys.create(), await service.apiKeys.create()];
    await Promise.all([known(busy), known(other)]);
    await holds(async () => {
      const answers = await Promise.all(Array.from({ length: 40 }, () => call(busy, 'GET', '/v1/conversions?limit=1')));
      const refused = answers.find(({ status }) => status === 429)!;
      expect(refused.headers.get('retry-after')).toBe('1');
      expect(refused.headers.get('ratelimit-policy')).toBe('"caller";q=200;w=10');
    });
    expect((await call(other, 'GET', '/v1/conversions?limit=1')).status).toBe(200);
  });

  it('is refused with a key that nobody made, and goes on when a record cannot be read', async () => {
    expect(await record('rbk_nobody-made-this-key-of-32-letters')).toBe(401);
    await service.apiKeys.raw('999:1', Buffer.from('{"type":"ApiKeyChanged"}'));
    await service.apiKeys.raw('nonsense', null);
    await known(await service.apiKeys.create());
  });
});
