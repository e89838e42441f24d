import type { Callback, CallbackVersionView, Page, Problem } from '@ringback/contracts';
import { sharedSystem, type System } from './harness/system.js';

type Refused = Problem & { current?: Record<string, unknown> };

describe('no edit overwrites another', () => {
  let system: System;
  beforeAll(async () => {
    system = await sharedSystem();
  });
  afterAll(() => system.close());

  const tagOf = (headers: Readonly<Record<string, unknown>>): string => String(headers['etag']);

  it('two admins edit one callback: the second gets 412 and loses nothing of what was typed (the answer carries the current version)', async () => {
    const { network } = system;
    const [affiliate, offer] = [await network.affiliate(), await network.offer()];
    const { id } = await network.callback(offer.id, {
      affiliateId: affiliate.id,
      url: 'https://tracker.example/?click={click_id}',
      basicAuth: { login: 'network', password: 'secret-word' },
    });
    const path = `/v1/offers/${offer.id}/callbacks/${id}`;
    const edit = (body: object, tag: string) => network.call<Callback>(path, { method: 'PATCH', body, headers: { 'if-match': tag } });
    const read = tagOf((await network.call(path)).headers);

    const first = await edit({ name: 'of the first', timeoutMs: 5_000 }, read);
    expect(first.status).toBe(200);
    const typed = { name: 'of the second', url: 'https://tracker.example/?click={click_id}&sum={payout}' };
    const refused = await edit(typed, read);
    expect(refused).toMatchObject({ status: 412, body: { title: 'Precondition Failed', detail: expect.stringContaining('version 2') } });
    const { current } = refused.body as unknown as Refused;
    expect(current).toEqual(first.body);
    expect((await network.call<Callback>(path)).body).toEqual(first.body);
    expect(JSON.stringify(refused.body)).not.toContain('secret-word');

    // What was typed goes on from the current version, without reading it anew: nothing of the first is lost either.
    const merged = await edit(typed, tagOf(refused.headers));
    expect(merged).toMatchObject({ status: 200, body: { ...typed, timeoutMs: 5_000, version: 3, basicAuth: { password: { set: true } } } });
    const { body: versions } = await network.call<Page<CallbackVersionView>>(`${path}/versions`);
    expect(versions.items.map(({ version, changedBy, changes }) => [version, changedBy, changes!.map((change) => change.path)])).toEqual([
      [3, 'bootstrap', ['name', 'url']],
      [2, 'bootstrap', ['name', 'timeoutMs']],
      [1, 'bootstrap', []],
    ]);
    for (const request of [{ method: 'DELETE' }, { method: 'POST', restore: true }]) {
      const stale = await network.call<Refused>(request.restore === true ? `${path}/versions/1/restore` : path, {
        method: request.method,
        headers: { 'if-match': read },
      });
      expect(stale).toMatchObject({ status: 412, headers: { etag: '"3"' }, body: { current: { id, version: 3 } } });
    }
  });

  it.each(['an affiliate', 'an offer', 'a goal'])('and so it is with %s', async (what) => {
    const { network } = system;
    const [affiliate, offer] = [await network.affiliate(), await network.offer({ goalsEnabled: true })];
    const goal = await network.goal(offer.id);
    const paths = {
      'an affiliate': `/v1/affiliates/${affiliate.id}`,
      'an offer': `/v1/offers/${offer.id}`,
      // The ETag of a goal is its offer's.
      'a goal': `/v1/offers/${offer.id}/goals/${goal.id}`,
    };
    const path = paths[what as keyof typeof paths];
    const owner = what === 'a goal' ? paths['an offer'] : path;
    const read = tagOf((await network.call(owner)).headers);
    const edit = (name: string, tag: string) =>
      network.call<Refused>(path, { method: 'PATCH', body: { name }, headers: { 'if-match': tag } });
    expect((await edit('First', read)).status).toBe(200);
    const refused = await edit('Second', read);
    const now = await network.call(owner);
    expect(refused.status).toBe(412);
    expect(refused.body.current).toEqual(now.body);
    expect(tagOf(refused.headers)).toBe(tagOf(now.headers));
    expect((await edit('Second', tagOf(refused.headers))).status).toBe(200);
  });
});
