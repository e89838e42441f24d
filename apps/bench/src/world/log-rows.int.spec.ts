import pg from 'pg';
import { deliveryRecordedAt } from '@ringback/contracts';
import { freshDatabase, migratedTemplate, testDatabaseServer, type TestDatabase } from '@ringback/testbed';
import { DAY_MS, LOG_CALLBACKS, LOG_DAYS, seedLog } from './log-rows.js';

const ROWS = 4_000;

describe('a seeded log', () => {
  let database: TestDatabase;
  let db: pg.Pool;
  const nowMs = Date.now();
  const count = async (from: string) => Number((await db.query<{ n: string }>(`select count(*) as n from dispatcher.${from}`)).rows[0]!.n);

  beforeAll(async () => {
    database = await freshDatabase({ template: await migratedTemplate(testDatabaseServer()) });
    db = new pg.Pool({ connectionString: database.url, max: 1 });
    db.on('error', () => undefined);
    await seedLog({ databaseUrl: database.url, rows: ROWS, nowMs });
  });
  afterAll(async () => {
    await db.end();
    await database.drop();
  });

  it('has so many deliveries, over thirty days, each once', async () => {
    expect((await count('delivery')) + (await count('parked'))).toBe(ROWS);
    expect(await count('parked')).toBeGreaterThan(0);
    const { rows } = await db.query<{ first: string; last: string }>(
      'select min(id::text) as first, max(id::text) as last from dispatcher.delivery',
    );
    expect(nowMs - deliveryRecordedAt(rows[0]!.first)).toBeGreaterThan((LOG_DAYS - 1) * DAY_MS);
    expect(deliveryRecordedAt(rows[0]!.last)).toBeLessThanOrEqual(nowMs);
  });

  it('has every earlier attempt of what needed several', async () => {
    expect(await count(`delivery where status = 'exhausted' and attempts = 12`)).toBeGreaterThan(0);
    expect(
      await count(`delivery as log where attempts > 1 and attempts - 1 <>
      (select count(*) from dispatcher.delivery_attempt as attempt where attempt.delivery_id = log.id)`),
    ).toBe(0);
    expect(
      await count(
        'parked where attempts <> (select count(*) from dispatcher.delivery_attempt as attempt where attempt.delivery_id = parked.id)',
      ),
    ).toBe(0);
  });

  it('is the same for the same time, and knows a callback that ended', async () => {
    await seedLog({ databaseUrl: database.url, rows: ROWS, nowMs });
    expect((await count('delivery')) + (await count('parked'))).toBe(ROWS);
    expect(await count(`delivery where callback_id = ${LOG_CALLBACKS.ended} and settled_at > now() - interval '19 days'`)).toBe(0);
  });
});
