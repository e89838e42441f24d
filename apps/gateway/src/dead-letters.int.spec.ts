import { deadLetterPageSchema, deadLettersReplaySchema, DEAD_LETTER_SERVICES, type DeadLetterView } from '@ringback/contracts';
import { GatewayUnderTest } from './testing/gateway-under-test.js';

/** The letters of a service, newest first, told as the services tell them. */
function lettersOf(service: DeadLetterView['service'], seconds: readonly number[]): DeadLetterView[] {
  return seconds.map((second, index) => ({
    id: `${service}:a.topic:0:${1000 - index}`,
    service,
    topic: 'a.topic',
    partition: 0,
    offset: 1000 - index,
    reason: 'unreadable: no value',
    recordedAt: new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString(),
    replayedAt: null,
    replayedBy: null,
  }));
}

describe('dead letters of all services', () => {
  let gateway: GatewayUnderTest;
  const letters = {
    'dispatcher-service': lettersOf('dispatcher-service', [50, 40, 40, 10]),
    'conversions-service': lettersOf('conversions-service', [45, 40, 5]),
    'offers-service': lettersOf('offers-service', []),
  };

  beforeAll(async () => {
    gateway = await GatewayUnderTest.start();
    for (const service of DEAD_LETTER_SERVICES)
      gateway.services[service].answer = ({ method, url, body }) => {
        const { searchParams, pathname } = new URL(url, 'http://x');
        if (method === 'POST' && pathname.endsWith('/v1/dead-letters/replay')) {
          const { limit } = JSON.parse(body) as { limit: number };
          const replayed = Math.min(limit, letters[service].length);
          return { status: 200, body: { replayed, refusedCount: 0, refused: [], more: limit < letters[service].length } };
        }
        if (pathname !== '/v1/dead-letters') return { status: 200, body: letters[service][0] };
        const cursor = searchParams.get('cursor');
        const before = cursor === null ? null : (JSON.parse(Buffer.from(cursor, 'base64url').toString()) as { before: string }).before;
        const from = before === null ? 0 : letters[service].findIndex(({ id }) => id === before) + 1;
        const items = letters[service].slice(from, from + Number(searchParams.get('limit')));
        return { status: 200, body: { items, nextCursor: from + items.length < letters[service].length ? 'more' : null } };
      };
  });
  afterAll(() => gateway.stop());

  const all = Object.values(letters).flat();

  it.each([1, 2, 3, 5, 50])('are one list, each once, newest first, in pages of %i', async (limit) => {
    const seen: DeadLetterView[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await gateway.call(`/v1/dead-letters?limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`);
      const page = deadLetterPageSchema.parse(body);
      seen.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(seen.map(({ recordedAt }) => recordedAt)).toEqual(
      all
        .map(({ recordedAt }) => recordedAt)
        .toSorted()
        .toReversed(),
    );
    expect(seen.map(({ id }) => id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  });

  it('of one service, by a filter, are asked of that service only', async () => {
    gateway.services['dispatcher-service'].requests.length = 0;
    const { body } = await gateway.call('/v1/dead-letters?service=conversions-service&reason=unreadable&replayed=false');
    expect(deadLetterPageSchema.parse(body).items).toEqual(letters['conversions-service']);
    expect(gateway.services['conversions-service'].last().url).toBe('/v1/dead-letters?limit=50&reason=unreadable&replayed=false');
    expect(gateway.services['dispatcher-service'].requests).toHaveLength(0);
  });

  it('are read and replayed at the service that the id names, by whom it is asked', async () => {
    const { id } = letters['conversions-service'][0]!;
    expect((await gateway.call(`/v1/dead-letters/${id}`)).body).toMatchObject({ id });
    await gateway.post(`/v1/dead-letters/${id}/replay`, { force: true });
    expect(gateway.services['conversions-service'].last()).toMatchObject({ method: 'POST', body: '{"force":true}' });
    expect((await gateway.call('/v1/dead-letters/elsewhere:a:0:1')).status).toBe(404);
    const viewer = await gateway.keyOf('viewer');
    expect((await gateway.post(`/v1/dead-letters/${id}/replay`, {}, { token: viewer })).status).toBe(403);
    expect((await gateway.call('/v1/dead-letters', { token: viewer })).status).toBe(200);
  });

  it('are replayed up to the limit over all services', async () => {
    const replay = async (body: object) => deadLettersReplaySchema.parse((await gateway.post('/v1/dead-letters/replay', body)).body);
    expect(await replay({})).toMatchObject({ replayed: 7, more: false });
    expect(await replay({ limit: 5 })).toMatchObject({ replayed: 5, more: true });
    expect(await replay({ service: 'conversions-service', limit: 2 })).toMatchObject({ replayed: 2, more: true });
    expect(await gateway.post('/v1/dead-letters/replay', { limit: 0 })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'limit' }] },
    });
    expect(await gateway.call('/v1/dead-letters?cursor=nonsense')).toMatchObject({ status: 422, body: { errors: [{ path: 'cursor' }] } });
  });

  it('cannot be listed while a service is away, and the refusal names it', async () => {
    gateway.services['offers-service'].answer = () => ({ status: 503, body: { detail: 'the database is away' } });
    expect(await gateway.call('/v1/dead-letters')).toMatchObject({
      status: 503,
      body: { detail: expect.stringMatching(/^offers-service .*another service/) },
    });
    expect((await gateway.call('/v1/dead-letters?service=dispatcher-service')).status).toBe(200);
  });
});
