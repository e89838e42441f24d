import { MAX_PAUSES, pausePageSchema, pauseSchema, type Pause } from '@ringback/contracts';
import { HeldClock } from '@ringback/testbed';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { PausesController } from './pauses.controller.js';
import { PausesStore } from './pauses.store.js';

describe('the API of pauses', () => {
  let api: ApiUnderTest;
  let changes = 0;
  const clock = new HeldClock(Date.parse('2026-03-01T12:00:00.000Z'));

  beforeAll(async () => {
    api = await ApiUnderTest.start(PausesController, (pool) => [
      { provide: PausesStore, useValue: new PausesStore({ pool, now: clock.now, onChanged: () => changes++ }) },
    ]);
  });
  afterAll(() => api.stop());
  beforeEach(async () => {
    await api.pool.query('delete from dispatcher.pause');
    changes = 0;
  });

  const pause = async (input: unknown): Promise<Pause> => {
    const { status, body } = await api.call('POST', '/v1/pauses', input);
    expect(status).toBe(201);
    return pauseSchema.parse(body);
  };
  const page = async (query = '') => pausePageSchema.parse((await api.call('GET', `/v1/pauses${query}`)).body);

  it('pauses all, a destination, an affiliate or a callback, and says who did it, when and why', async () => {
    const all = await pause({ scope: 'all', reason: 'moving house' });
    expect(all).toEqual({
      id: expect.any(Number),
      scope: 'all',
      key: null,
      reason: 'moving house',
      createdBy: 'ada@example.com',
      createdAt: '2026-03-01T12:00:00.000Z',
    });
    expect(await pause({ scope: 'affiliate', key: 7 })).toMatchObject({ scope: 'affiliate', key: '7', reason: null });
    expect(await pause({ scope: 'callback', key: '9' })).toMatchObject({ scope: 'callback', key: '9' });
    expect(await pause({ scope: 'destination', key: 'http://127.0.0.1:9' })).toMatchObject({ key: 'http://127.0.0.1:9' });
    expect(changes).toBe(4);
  });

  it.each([
    ['https://Tracker.Example.COM', 'https://tracker.example.com:443'],
    ['HTTP://tracker.example.com/', 'http://tracker.example.com:80'],
    ['https://tracker.example.com:443', 'https://tracker.example.com:443'],
    ['https://bücher.example:8443', 'https://xn--bcher-kva.example:8443'],
    ['http://[::1]', 'http://[::1]:80'],
  ])('takes %s for %s, as dispatchers do', async (key, destination) => {
    expect((await pause({ scope: 'destination', key })).key).toBe(destination);
  });

  it.each([
    'tracker.example.com',
    'ftp://tracker.example.com',
    'https://tracker.example.com/postback',
    'https://',
    'https://a b',
    'http://a:99999',
  ])('refuses %s as a destination, with the remedy', async (key) => {
    expect(await api.call('POST', '/v1/pauses', { scope: 'destination', key })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'key', message: expect.stringContaining('scheme, host and port') }] },
    });
    expect(changes).toBe(0);
  });

  it('refuses a pause without its key', async () => {
    expect(await api.call('POST', '/v1/pauses', { scope: 'callback' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'key', message: 'is needed: it must be the id of the callback' }] },
    });
  });

  it('made again is the one that stands, also when many make it at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => api.call('POST', '/v1/pauses', { scope: 'destination', key: 'https://a.example' })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array<number>(9).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => (body as Pause).id)).size).toBe(1);
    const again = await api.call(
      'POST',
      '/v1/pauses',
      { scope: 'destination', key: 'https://a.example:443', reason: 'other' },
      'eve@example.com',
    );
    expect(again).toMatchObject({ status: 200, body: { reason: null, createdBy: 'ada@example.com' } });
    expect(changes).toBe(1);
  });

  it('ends when it is deleted, once', async () => {
    const { id } = await pause({ scope: 'all' });
    expect(await api.call('DELETE', `/v1/pauses/${id}`)).toMatchObject({ status: 204, body: null });
    expect(changes).toBe(2);
    expect(await page()).toEqual({ items: [], nextCursor: null });
    expect(await api.call('DELETE', `/v1/pauses/${id}`)).toMatchObject({ status: 404, body: { detail: `pause ${id} does not exist` } });
    expect((await api.call('DELETE', '/v1/pauses/nothing')).status).toBe(404);
    expect(changes).toBe(2);
  });

  it('lists newest first, page by page', async () => {
    for (let key = 1; key <= 5; key++) await pause({ scope: 'callback', key });
    const first = await page('?limit=3');
    expect(first.items.map(({ key }) => key)).toEqual(['5', '4', '3']);
    const rest = await page(`?limit=3&cursor=${first.nextCursor}`);
    expect(rest.items.map(({ key }) => key)).toEqual(['2', '1']);
    expect(rest.nextCursor).toBeNull();
    expect(await api.call('GET', '/v1/pauses?cursor=nonsense')).toMatchObject({ status: 422, body: { errors: [{ path: 'cursor' }] } });
  });

  it('refuses more than it can hold in memory, but not one that stands', async () => {
    await api.pool.query(
      `insert into dispatcher.pause (scope, key, created_by, created_at)
       select 'callback', n::text, 'ada@example.com', now() from generate_series(1, $1::integer) as n`,
      [MAX_PAUSES],
    );
    expect(await api.call('POST', '/v1/pauses', { scope: 'all' })).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/1000 pauses.*delete some/) },
    });
    expect((await api.call('POST', '/v1/pauses', { scope: 'callback', key: 1 })).status).toBe(200);
    expect(changes).toBe(0);
  });
});
