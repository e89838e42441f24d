import { HeldClock } from '@ringback/testbed';
import { ConversionsUnderTest } from './testing/conversions-under-test.js';
import { deleteExpiredKeys } from './ledger/statements/delete-expired-keys.js';
import { KEY_RETENTION_MS } from './ledger/expired-keys.js';
import { holds } from './testing/holds.js';

describe('keys, unreadable configuration and a full outbox', () => {
  const clock = new HeldClock();
  let service: ConversionsUnderTest;

  beforeAll(async () => {
    service = await ConversionsUnderTest.start({ now: clock.now, env: { OUTBOX_MAX_ROWS: '50' } });
    await service.configuration.affiliate(1);
    await service.configuration.offer(1);
  });
  afterAll(() => service.stop());

  const post = (difference: object = {}, headers: Record<string, string> = {}) =>
    service.call('POST', '/v1/conversions', { offerId: 1, affiliateId: 1, status: 'done', ...difference }, { headers });

  it('keys are kept 7 days and deleted in batches after that', async () => {
    for (let index = 0; index < 7; index++) await post({}, { 'idempotency-key': `old-${index}` });
    clock.advance(KEY_RETENTION_MS);
    await post({}, { 'idempotency-key': 'young' });
    const before = clock.now() - KEY_RETENTION_MS;
    expect(await deleteExpiredKeys(service.pool, before, 5)).toBe(0);
    expect(await deleteExpiredKeys(service.pool, before + 1, 5)).toBe(5);
    expect(await deleteExpiredKeys(service.pool, before + 1, 5)).toBe(2);
    expect(await service.rows('select key from conversions.idempotency_key')).toEqual([{ key: 'young' }]);
    expect((await post({}, { 'idempotency-key': 'young' })).status).toBe(200);
    expect((await post({}, { 'idempotency-key': 'old-1' })).status).toBe(201);
  });

  it('unreadable configuration records become dead letters, once, and reading goes on', async () => {
    await service.configuration.raw('offer:5:1', Buffer.from('{"half":'));
    await service.configuration.raw('colour:1:1', Buffer.from('{}'));
    await service.configuration.offer(6);
    expect((await post({ offerId: 6 })).status).toBe(201);
    const letters = () =>
      service.rows<{ key: Buffer; reason: string }>(
        'select key, reason from conversions.dead_letter where topic like $1 order by message_offset',
        ['%offers.configurations'],
      );
    await holds(async () => expect(await letters()).toHaveLength(2));
    expect((await letters()).map(({ key, reason }) => [key.toString(), reason.split(':')[0]])).toEqual([
      ['offer:5:1', 'unreadable'],
      ['colour:1:1', 'unreadable'],
    ]);
    await service.addInstance();
    await holds(async () => expect(await letters()).toHaveLength(2));
  });

  it('while more events wait than OUTBOX_MAX_ROWS nothing is recorded: 503 with Retry-After; it goes on by itself', async () => {
    // Rows of a relay that cannot publish: held back by another holder of the lease.
    await service.pool.query(
      `update conversions.outbox_lease set holder = 'stuck', fence = fence + 1, expires_at = now() + interval '6 s'`,
    );
    await holds(async () => {
      const answer = await service.call('POST', '/v1/conversions/batch', {
        items: Array.from({ length: 60 }, () => ({ offerId: 1, affiliateId: 1, status: 'done' })),
      });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
    });
    expect((await post()).status).toBe(503);
    await holds(async () => expect((await post()).status).toBe(201), 20_000);
  }, 60_000);
});
