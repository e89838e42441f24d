import { randomUUID } from 'node:crypto';
import { deliveryId, deliverySchema, type Delivery } from '@ringback/contracts';
import { eventually, faultSizes } from '@ringback/testbed';
import pg from 'pg';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { DeliveryExportsController } from './delivery-exports.controller.js';
import { DeliveryExports } from './delivery-exports.js';

const silent = { warn: () => undefined };
const { rowsExported: ROWS, long: isLong } = faultSizes();

/** Every id has the time of its row, 100 a second, backwards from a moment ago; every tenth failed, every hundredth is of offer 2. */
const SEED = `
  insert into dispatcher.delivery (id, settled_at, started_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version,
    event_type, conversion_status, status, duration_ms, attempts, http_status, event_id, destination, error)
  select (lpad(to_hex($2::bigint - n * 10), 12, '0') || '8' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
    now(), now(), gen_random_uuid(), case when n % 100 = 0 then 2 else 1 end, 1 + n % 7, 1 + n % 50, 1, 'ConversionCreated', 'done',
    (case when n % 10 = 0 then 'exhausted' else 'delivered' end)::dispatcher.settled_status, 80, 1,
    case when n % 10 = 0 then 500 else 200 end, gen_random_uuid()::text, 'https://tracker.example.com:443',
    case when n % 10 = 0 then '=answered 500' end
  from generate_series(1, $1::bigint) as n`;

/** A million rows take a while to make. */
const TIMEOUT_MS = isLong ? 900_000 : 60_000;

describe('the export of deliveries', () => {
  let api: ApiUnderTest;
  let exports: DeliveryExports;
  let queries = 0;
  const nowMs = Date.now() - 1_000;

  beforeAll(async () => {
    api = await ApiUnderTest.start(DeliveryExportsController, (pool) => {
      const query = pool.query.bind(pool) as (...given: unknown[]) => unknown;
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- counts what the export asks
      (pool as any).query = (...given: unknown[]) => {
        queries++;
        return query(...given);
      };
      exports = new DeliveryExports(pool, silent);
      return [{ provide: DeliveryExports, useValue: exports }];
    });
    // Not through the pool, whose statements have 5 s.
    const seeder = new pg.Client({ connectionString: api.databaseUrl });
    await seeder.connect();
    await seeder.query(SEED, [ROWS, nowMs]);
    await seeder.end();
  }, TIMEOUT_MS);
  afterAll(() => api.stop());

  const lines = async (query: string): Promise<Delivery[]> => {
    const answer = await api.fetch(`/v1/deliveries/export${query}`);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    return text === ''
      ? []
      : text
          .trimEnd()
          .split('\n')
          .map((line) => deliverySchema.parse(JSON.parse(line)));
  };

  it(
    'is every delivery once, newest first, in flat memory',
    async () => {
      const startedAt = performance.now();
      const answer = await api.fetch('/v1/deliveries/export');
      expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
      expect(answer.headers.get('content-disposition')).toBe('attachment; filename="deliveries.ndjson"');
      let rows = 0;
      let rest = '';
      let lastId = 'g';
      let isDescending = true;
      let peakBytes = 0;
      const before = process.memoryUsage().rss;
      for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop()!;
        for (const line of parts) {
          const id = line.slice(7, 43);
          isDescending &&= id < lastId;
          lastId = id;
          rows++;
        }
        peakBytes = Math.max(peakBytes, process.memoryUsage().rss - before);
      }
      const seconds = (performance.now() - startedAt) / 1000;
      expect({ rows, rest, isDescending }).toEqual({ rows: ROWS, rest: '', isDescending: true });
      const figure = `${rows} rows at ${Math.round(rows / seconds)}/s, at most ${Math.round(peakBytes / 2 ** 20)} MB more in this process`;
      if (isLong) process.stdout.write(`${figure}\n`);
      // Each row has some 500 bytes: 1,000,000 of them do not fit.
      expect(peakBytes).toBeLessThan(200 * 1024 * 1024);
    },
    TIMEOUT_MS,
  );

  it('takes the filters of the list', async () => {
    expect((await lines('?offerId=2')).every(({ offerId }) => offerId === 2)).toBe(true);
    expect(await lines('?offerId=2')).toHaveLength(ROWS / 100);
    expect(await lines('?offerId=2&status=delivered')).toHaveLength(0);
    for (const status of ['waiting', 'retrying']) expect(await lines(`?status=${status}`)).toHaveLength(0);
    const from = new Date(nowMs - 1_000).toISOString();
    expect(await lines(`?from=${from}&httpStatus=500`)).toHaveLength(10);
    expect(await api.call('GET', '/v1/deliveries/export?limit=5')).toMatchObject({ status: 422, body: { errors: [{ path: 'limit' }] } });
    expect(await api.call('GET', '/v1/deliveries/export?format=xml')).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'format' }] },
    });
  });

  it('is CSV with names, and nothing in it is a formula', async () => {
    const from = new Date(nowMs - 1_000).toISOString();
    const answer = await api.fetch(`/v1/deliveries/export?format=csv&from=${from}`);
    expect(answer.headers.get('content-type')).toContain('text/csv');
    const rows = (await answer.text()).trimEnd().split('\r\n');
    expect(rows).toHaveLength(101);
    expect(rows[0]).toMatch(/^id,recordedAt,.*,error$/);
    expect(rows.filter((row) => row.endsWith(",'=answered 500"))).toHaveLength(10);
  });

  it('shows what is parked as it is, once, also where the log has it too', async () => {
    const id = deliveryId(nowMs + 500, randomUUID(), 3);
    const values = `$1, $2, 3, 1, 3, 1, 'ConversionCreated', 'done'`;
    const columns = 'id, conversion_id, offer_id, affiliate_id, callback_id, conversion_version, event_type, conversion_status';
    const conversionId = randomUUID();
    await api.pool.query(
      `insert into dispatcher.parked (${columns}, event_key, due_at, expires_at, attempts, event_id) values (${values}, $1, now(), now(), 2, 'e')`,
      [id, conversionId],
    );
    await api.pool.query(
      `insert into dispatcher.delivery (${columns}, settled_at, status, attempts, event_id) values (${values}, now(), 'exhausted', 1, 'e')`,
      [id, conversionId],
    );
    expect(await lines('?offerId=3')).toMatchObject([{ id, status: 'retrying', attempts: 2 }]);
    expect(await lines('?status=retrying')).toMatchObject([{ id }]);
    expect(await lines(`?conversionId=${conversionId}`)).toHaveLength(1);
  });

  it('reads no further ahead than it is read, and not at all once the client is gone', async () => {
    queries = 0;
    const stream = exports.start({ format: 'ndjson' }, 'ada', null);
    await new Promise((resolve) => stream.once('readable', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(queries).toBeLessThanOrEqual(2);
    stream.destroy();
    await new Promise((resolve) => stream.once('close', resolve));

    const abort = new AbortController();
    const answer = await api.fetch('/v1/deliveries/export', abort.signal);
    await answer.body!.getReader().read();
    abort.abort();
    await eventually(() => exports.underWay === 0);
  });

  it('breaks off where it cannot go on: nobody takes a part for the whole', async () => {
    const answer = await api.fetch('/v1/deliveries/export');
    const reader = answer.body!.getReader();
    await reader.read();
    exports.stop();
    await expect(
      (async () => {
        while (!(await reader.read()).done);
      })(),
    ).rejects.toThrow();
  });
});

describe('exports at once', () => {
  it('are two of a caller and four in all: the others are asked to come again', () => {
    const exports = new DeliveryExports(new pg.Pool(), silent);
    const start = (caller: string) => exports.start({ format: 'csv' }, caller, null);
    const [first] = [start('ada'), start('ada')] as const;
    expect(() => start('ada')).toThrow(expect.objectContaining({ status: 429, details: { headers: { 'retry-after': '10' } } }));
    start('eve');
    start('bob');
    expect(() => start('joe')).toThrow(expect.objectContaining({ status: 429 }));
    first.destroy();
    return new Promise<void>((resolve) =>
      first.once('close', () => {
        start('joe');
        exports.stop();
        resolve();
      }),
    );
  });
});
