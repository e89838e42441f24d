import { HeldClock } from '@ringback/testbed';
import type { Conversion } from '@ringback/contracts';
import { eraseOlder } from './ledger/erase-conversions.js';
import { deleteOldConversions } from './ledger/statements/delete-old-conversions.js';
import { uuidV7Floor } from './ledger/uuid-v7-source.js';
import { readConfig } from './config.js';
import { ConversionsUnderTest } from './testing/conversions-under-test.js';
import { holds } from './testing/holds.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const personal = {
  ip: '203.0.113.24',
  city: 'München',
  userAgent: 'Mozilla/5.0',
  idfa: 'EA7583CD',
  gaid: '38400000',
  gclid: 'Cj0K',
  fbclid: 'IwAR',
  ttclid: 'E.C.P',
  userId: 'u-77120',
  params: { plan: 'gold' },
};
const lasting = { clickId: 'c-1', sub1: 'spring', country: 'DE', payout: '1.50', currency: 'EUR' };

describe('what is not kept of conversions', () => {
  const clock = new HeldClock(Date.parse('2026-03-01T12:00:00.000Z'));
  let service: ConversionsUnderTest;

  beforeAll(async () => {
    service = await ConversionsUnderTest.start({ now: clock.now, env: { CONVERSION_RETENTION_DAYS: '400', PERSONAL_DATA_DAYS: '1000' } });
    await service.configuration.affiliate(1);
    await service.configuration.offer(1);
  });
  afterAll(() => service.stop());

  const record = async (difference: object = {}): Promise<Conversion> => {
    const answer = await service.call('POST', '/v1/conversions', {
      offerId: 1,
      affiliateId: 1,
      status: 'pending',
      ...lasting,
      ...personal,
      ...difference,
    });
    expect(answer.status).toBe(201);
    return answer.body as Conversion;
  };
  const erase = (id: string) => service.call('POST', `/v1/conversions/${id}/erasure`);
  const read = async (id: string) => (await service.call('GET', `/v1/conversions/${id}`)).body;
  const erasuresOf = (id: string) => service.erasures.filter(({ data }) => data.conversionId === id);
  const context = () => ({
    pool: service.pool,
    topics: { events: `${service.prefix}conversions.events`, rejections: '' },
    relay: { wake: () => undefined, isFull: () => false },
    ids: { next: () => ({ id: crypto.randomUUID(), ms: clock.now() }) } as never,
    now: clock.now,
  });

  it('personal fields of one conversion: gone for good, the others stay, and it is told once', async () => {
    const { id } = await record();
    clock.advance(1_000);
    const answer = await erase(id);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ...lasting, id, erasedAt: clock.toISOString() });
    for (const field of Object.keys(personal)) expect(answer.body).not.toHaveProperty(field);
    const rows = await service.rows<{ row: string }>('select c::text as row from conversions.conversion c where id = $1', [id]);
    expect(rows[0]!.row).not.toMatch(/203\.0\.113|München|Mozilla|gold|u-77120/);

    const { erasedAt } = answer.body;
    clock.advance(1_000);
    expect((await erase(id)).body).toMatchObject({ erasedAt });
    await holds(() => expect(erasuresOf(id)).toMatchObject([{ type: 'ConversionErased', data: { conversionId: id, erasedAt } }]));
  });

  it('a status that changes afterwards tells of none of them', async () => {
    const { id } = await record();
    await erase(id);
    await service.call('PUT', `/v1/conversions/${id}/status`, { status: 'done' });
    await holds(() => expect(service.events.filter(({ data }) => data.conversion.id === id)).toHaveLength(2));
    const changed = service.events.filter(({ data }) => data.conversion.id === id)[1]!;
    expect(changed.data.conversion).toMatchObject({ ...lasting, erasedAt: expect.any(String) });
    expect(Object.keys(changed.data.conversion)).not.toEqual(expect.arrayContaining(['ip']));
    expect(changed.data.conversion).not.toHaveProperty('params');
  });

  it('a repeat of the first request is still that conversion, and brings nothing back', async () => {
    const { id } = await record({ transactionId: 't-1' });
    await erase(id);
    const body = { offerId: 1, affiliateId: 1, status: 'pending', ...lasting, ...personal, transactionId: 't-1' };
    const again = await service.call('POST', '/v1/conversions', body);
    expect(again).toMatchObject({ status: 200, body: { id } });
    expect(again.body).not.toHaveProperty('ip');
    expect((await service.call('POST', '/v1/conversions', { ...body, sub1: 'other' })).status).toBe(422);
  });

  it('of none there is: 404', async () => {
    expect((await erase('01890000-0000-7000-8000-000000000000')).status).toBe(404);
    expect((await erase('x')).status).toBe(404);
  });

  it('by age: in batches, each once, in the order of recording', async () => {
    clock.advance(DAY_MS);
    const old: string[] = [];
    for (let count = 0; count < 5; count++) old.push((await record()).id);
    await erase(old[1]!);
    clock.advance(DAY_MS);
    const young = await record();
    const before = clock.now() - DAY_MS / 2;
    let batches = 0;
    while ((await eraseOlder(context(), before, 3)).isFull) batches++;
    expect(batches).toBeGreaterThanOrEqual(2);
    for (const id of old) expect(await read(id)).not.toHaveProperty('ip');
    expect(await read(young.id)).toHaveProperty('ip');
    await holds(() => expect(old.map((id) => erasuresOf(id).length)).toEqual([1, 1, 1, 1, 1]));
  });

  it('whole conversions by their last change, with their history', async () => {
    const [gone, changed] = [await record(), await record()];
    clock.advance(100 * DAY_MS);
    await service.call('PUT', `/v1/conversions/${changed.id}/status`, { status: 'done' });
    const young = await record();
    const changedBeforeMs = clock.now() - DAY_MS;
    let after = '00000000-0000-0000-0000-000000000000';
    for (let last: string | null = after; last !== null; after = last ?? after)
      ({ last } = await deleteOldConversions(service.pool, { after, below: uuidV7Floor(changedBeforeMs), changedBeforeMs, limit: 2 }));
    const left = await service.rows<{ id: string }>('select id from conversions.conversion order by id');
    expect(left.map(({ id }) => id)).toEqual([changed.id, young.id]);
    expect(await service.rows('select from conversions.status_history where conversion_id = $1', [gone.id])).toHaveLength(0);
    expect((await service.call('GET', `/v1/conversions/${gone.id}`)).status).toBe(404);
  });

  it('is settable within what makes sense, and the refusal says why', () => {
    const env = { DATABASE_URL: 'postgres://a/b', KAFKA_BROKERS: 'a:1', SERVICE_TOKEN_SECRET: 'x'.repeat(32) };
    expect(readConfig(env)).not.toHaveProperty('CONVERSION_RETENTION_DAYS', expect.any(Number));
    expect(() => readConfig({ ...env, CONVERSION_RETENTION_DAYS: '399' })).toThrow(
      /CONVERSION_RETENTION_DAYS: must be at least 400: approvals/,
    );
    expect(() => readConfig({ ...env, PERSONAL_DATA_DAYS: '7' })).toThrow(/PERSONAL_DATA_DAYS: must be at least 8/);
  });
});
