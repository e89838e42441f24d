import type { Affiliate, Offer, Page } from '@ringback/contracts';
import { anOffer, OffersRig, type OffersProcess, type ProblemAnswer } from '../testing/offers-rig.js';

describe('affiliates, offers and goals', () => {
  let rig: OffersRig;
  let offers: OffersProcess;

  beforeAll(async () => {
    rig = await OffersRig.create();
    offers = await rig.start();
  });
  afterAll(() => rig.drop());

  it('are made with version 1, an ETag and a Location, and read back', async () => {
    const made = await offers.call<Offer>('POST', '/v1/offers', { name: 'Shop' });
    expect(made).toMatchObject({ status: 201, body: { name: 'Shop', status: 'active', goalsEnabled: false, goals: [], version: 1 } });
    expect(made.headers.get('etag')).toBe('"1"');
    expect(made.headers.get('location')).toBe(`/v1/offers/${made.body.id}`);
    const read = await offers.call<Offer>('GET', `/v1/offers/${made.body.id}`);
    expect(read).toMatchObject({ status: 200, body: made.body });
    expect(read.headers.get('etag')).toBe('"1"');
  });

  it('an edit makes the next version; one that changes nothing makes none', async () => {
    const { offerId } = await anOffer(offers);
    const path = `/v1/offers/${offerId}`;
    expect(await offers.call('PATCH', path, { status: 'paused', goalsEnabled: false })).toMatchObject({
      status: 200,
      body: { version: 3, status: 'paused', goalsEnabled: false },
    });
    expect(await offers.call('PATCH', path, { status: 'paused' })).toMatchObject({ status: 200, body: { version: 3 } });
    expect(await offers.call('PATCH', path, {})).toMatchObject({ status: 200, body: { version: 3 } });
  });

  it('If-Match lets one of two edits of the same version through and answers the other 412 with what is current', async () => {
    const { body } = await offers.call<Affiliate>('POST', '/v1/affiliates', { name: 'Before' });
    const path = `/v1/affiliates/${body.id}`;
    const edits = await Promise.all(['One', 'Two'].map((name) => offers.call<Affiliate>('PATCH', path, { name }, { 'if-match': '"1"' })));
    expect(edits.map(({ status }) => status).sort()).toEqual([200, 412]);
    const winner = edits.find(({ status }) => status === 200)!;
    const loser = edits.find(({ status }) => status === 412)! as unknown as ProblemAnswer;
    expect(loser.body.current).toEqual(winner.body);
    expect(loser.headers.get('etag')).toBe('"2"');
    expect(loser.headers.get('content-type')).toContain('application/problem+json');
    expect((await offers.call('PATCH', path, { name: 'Three' }, { 'if-match': '*' })).status).toBe(200);
    expect((await offers.call('PATCH', path, { name: 'Four' }, { 'if-match': 'W/"3"' })).status).toBe(412);
  });

  it('a goal is part of its offer: made, renamed, archived, each time as a version of the offer', async () => {
    const { offerId, goalId } = await anOffer(offers);
    const path = `/v1/offers/${offerId}/goals`;
    const second = await offers.call<{ id: number }>('POST', path, { name: 'Sign-up' });
    expect(second).toMatchObject({ status: 201, body: { offerId, name: 'Sign-up', archived: false } });
    expect(second.headers.get('etag')).toBe('"3"');
    expect(await offers.call('PATCH', `${path}/${goalId}`, { name: 'First deposit' })).toMatchObject({ body: { name: 'First deposit' } });
    expect(await offers.call('DELETE', `${path}/${goalId}`)).toMatchObject({ status: 200, body: { id: goalId, archived: true } });
    expect((await offers.call('DELETE', `${path}/${goalId}`)).headers.get('etag')).toBe('"5"');
    expect((await offers.call<Offer>('GET', `/v1/offers/${offerId}`)).body).toMatchObject({
      version: 5,
      goals: [
        { id: goalId, name: 'First deposit', archived: true },
        { id: second.body.id, name: 'Sign-up', archived: false },
      ],
    });
    expect((await offers.call('PATCH', `${path}/${goalId}`, { archived: false }, { 'if-match': '"4"' })).status).toBe(412);
    expect(await offers.call('GET', `${path}?limit=1`)).toMatchObject({
      body: { items: [{ id: goalId }], nextCursor: expect.any(String) },
    });
  });

  it("another offer's goal is not found", async () => {
    const { goalId } = await anOffer(offers);
    const { offerId } = await anOffer(offers);
    expect((await offers.call('PATCH', `/v1/offers/${offerId}/goals/${goalId}`, { name: 'x' })).status).toBe(404);
  });

  it('are searched by any part of the name, whatever the case, signs of patterns meaning themselves', async () => {
    for (const name of ['Straße 100%', 'STRASSE', 'under_score', 'underscore', 'back\\slash'])
      await offers.call('POST', '/v1/offers', { name });
    const found = async (search: string) =>
      (await offers.call<Page<Offer>>('GET', `/v1/offers?search=${encodeURIComponent(search)}`)).body.items.map(({ name }) => name);
    expect(await found('strass')).toEqual(['STRASSE']);
    expect(await found('00%')).toEqual(['Straße 100%']);
    expect(await found('R_S')).toEqual(['under_score']);
    expect(await found('k\\s')).toEqual(['back\\slash']);
  });

  it('are found by their ids, as affiliates are: those that there are', async () => {
    const [first, second] = [await anOffer(offers), await anOffer(offers)];
    const found = async (path: string) => (await offers.call<Page<Offer>>('GET', path)).body.items.map(({ id }) => id);
    expect(await found(`/v1/offers?id=${second.offerId},${first.offerId},2000000000`)).toEqual([first.offerId, second.offerId]);
    expect(await found(`/v1/affiliates?id=${first.affiliateId}`)).toEqual([first.affiliateId]);
    expect((await offers.call('GET', '/v1/offers?id=1,x')).status).toBe(422);
  });

  it('are paged by cursor, each once, with the number of callbacks that are not deleted', async () => {
    const { offerId, affiliateId, callbacks } = await anOffer(offers);
    const callback = { affiliateId, conversionStatus: 'done', url: 'https://t.example/', httpType: 'GET' };
    const first = await offers.call<{ id: number }>('POST', callbacks, callback);
    await offers.call('POST', callbacks, callback);
    await offers.call('DELETE', `${callbacks}/${first.body.id}`);
    await offers.call('PATCH', `/v1/offers/${offerId}`, { status: 'archived' });
    const ids: number[] = [];
    let cursor = '';
    do {
      const { body } = await offers.call<Page<Offer>>('GET', `/v1/offers?limit=2${cursor}`);
      ids.push(...body.items.map(({ id }) => id));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(ids).toContain(offerId);
    expect((await offers.call<Page<Offer>>('GET', '/v1/offers?status=archived')).body.items).toMatchObject([
      { id: offerId, callbackCount: 1 },
    ]);
  });

  it.each([
    ['POST', '/v1/offers', '{"name":""}', 422, 'name'],
    ['POST', '/v1/offers', '{"name":"   "}', 422, 'name'],
    ['POST', '/v1/offers', '{"name":"a\\u0000b"}', 422, 'name'],
    ['POST', '/v1/offers', '{"name":"\\udc00"}', 422, 'name'],
    ['POST', '/v1/offers', `{"name":"${'x'.repeat(256)}"}`, 422, 'name'],
    ['POST', '/v1/offers', '{"name":"a","goalsEnabled":"yes"}', 422, 'goalsEnabled'],
    ['POST', '/v1/offers', '{"name":"a","colour":"red"}', 422, 'colour'],
    ['POST', '/v1/affiliates', '{"name":7}', 422, 'name'],
    ['POST', '/v1/affiliates', '[]', 422, ''],
    ['PATCH', '/v1/offers/1', '{"status":"gone"}', 422, 'status'],
    ['GET', '/v1/offers?limit=0', undefined, 422, 'limit'],
    ['GET', '/v1/offers?limit=201', undefined, 422, 'limit'],
    ['GET', '/v1/offers?limit=1&limit=2', undefined, 422, 'limit'],
    ['GET', '/v1/offers?search=a%00', undefined, 422, 'search'],
    ['GET', '/v1/offers?status=', undefined, 422, 'status'],
    ['GET', '/v1/offers?cursor=rubbish', undefined, 422, 'cursor'],
    ['GET', '/v1/offers?cursor=', undefined, 422, 'cursor'],
    ['GET', `/v1/affiliates?cursor=${Buffer.from('{"at":99999999999}').toString('base64url')}`, undefined, 422, 'cursor'],
    ['GET', '/v1/offers/1/goals?cursor=e30', undefined, 422, 'cursor'],
    ['GET', '/v1/offers/-1', undefined, 404, 'offerId'],
    ['GET', '/v1/offers/1e1', undefined, 404, 'offerId'],
    ['GET', '/v1/offers/2147483648', undefined, 404, 'offerId'],
    ['GET', '/v1/offers/999999999999999999999999', undefined, 404, 'offerId'],
    ['GET', '/v1/offers/%00', undefined, 404, 'offerId'],
  ])('%s %s %s is answered %i naming "%s"', async (method, path, body, status, field) => {
    const answer = (await offers.call(method, path, body)) as unknown as ProblemAnswer;
    expect(answer).toMatchObject({ status, body: { status, errors: [{ path: field }] } });
  });

  it.each([
    ['GET', '/v1/offers/2147483647', 404],
    ['PATCH', '/v1/affiliates/2147483647', 404],
    ['POST', '/v1/offers/2147483647/goals', 404],
    ['GET', '/v1/offers/2147483647/goals', 404],
    ['GET', '/v1/offers/2147483647/callbacks', 404],
  ])('%s %s names nothing: %i', async (method, path, status) => {
    expect((await offers.call(method, path, method === 'GET' ? undefined : { name: 'x' })).status).toBe(status);
  });

  it('too many goals for one record are refused by name', async () => {
    const { offerId } = await anOffer(offers);
    await rig.pool.query(
      `insert into offers.goal (offer_id, name, archived) select $1, repeat('"', 255), false from generate_series(1, 500)`,
      [offerId],
    );
    expect(await offers.call('POST', `/v1/offers/${offerId}/goals`, { name: 'one more' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'goals' }] },
    });
  });
});
