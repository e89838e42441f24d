import type { Callback } from '@ringback/contracts';
import { eventually } from './harness/eventually.js';
import type { Inbox } from './harness/inbox.js';
import { sharedSystem, type System } from './harness/system.js';

/** Affiliates that use one tracker, each with a token of its own. */
const AFFILIATES = 51;
const CONVERSIONS_EACH = 15;

describe('a wrong token', () => {
  let system: System;
  let inbox: Inbox;
  let offerId: number;
  let callbacks: Callback[];
  const token = (affiliateId: number) => `token-${affiliateId}`;

  beforeAll(async () => {
    system = await sharedSystem();
    const { network } = system;
    inbox = system.inbox();
    offerId = (await network.offer()).id;
    const affiliates = await Promise.all(Array.from({ length: AFFILIATES }, (_, index) => network.affiliate(`Affiliate ${index}`)));
    callbacks = await Promise.all(
      affiliates.map(({ id }, index) =>
        network.callback(offerId, {
          affiliateId: id,
          url: inbox.url(`${id}/{conversion_id}`),
          basicAuth: { token: index === 0 ? 'mistyped' : token(id) },
          timeoutMs: 30_000,
        }),
      ),
    );
    system.receiver.answer((request) => {
      const [affiliateId] = inbox.relative(request.rawUrl).split('/');
      return { status: request.header('authorization') === `Basic ${token(Number(affiliateId))}` ? 200 : 401 };
    });
  });
  afterAll(() => system.close());

  /** Converts for every affiliate alike. @returns what each callback's requests are to be, behind the inbox. */
  async function convertForAll(): Promise<string[]> {
    const items = Array.from({ length: CONVERSIONS_EACH }, () =>
      callbacks.map(({ affiliateId }) => ({ offerId, affiliateId, status: 'pending' })),
    );
    const { items: made } = await system.network.batch(items.flat());
    return made.map((item, index) => ('conversion' in item ? `${callbacks[index % AFFILIATES]!.affiliateId}/${item.conversion.id}` : ''));
  }

  const arrivedOf = (paths: readonly string[]) => {
    const wanted = new Set(paths);
    return inbox.paths().filter((path) => wanted.has(path));
  };

  it('of one affiliate stops none of the fifty others on the same host, and once it is put right its conversions arrive too', async () => {
    const { network } = system;
    const wrong = callbacks[0]!;
    const isOthers = (path: string) => !path.startsWith(`${wrong.affiliateId}/`);
    const first = await convertForAll();
    const callbackBreakers = () => system.sql(`select 1 from dispatcher.breaker where scope = 'callback' and key = $1`, [String(wrong.id)]);
    await eventually(async () => expect(await callbackBreakers()).toHaveLength(1));
    // What comes while it is broken off, too.
    const second = await convertForAll();
    const all = [...first, ...second];
    const others = all.filter(isOthers);
    await eventually(() => expect(arrivedOf(others)).toHaveLength(others.length));
    expect(arrivedOf(others).sort()).toEqual([...others].sort());
    const destination = system.receiver.url;
    expect(await system.sql(`select reason from dispatcher.breaker where scope = 'destination' and key = $1`, [destination])).toEqual([]);

    await network.editCallback(offerId, wrong.id, { basicAuth: { token: token(wrong.affiliateId) } });
    await system.settled({ offerId });
    const accepted = inbox.requests().filter((request) => request.header('authorization') === `Basic ${token(wrong.affiliateId)}`);
    expect(accepted.map((request) => inbox.relative(request.rawUrl)).sort()).toEqual(all.filter((path) => !isOthers(path)).sort());
    // The others were told once each, to the end.
    expect(arrivedOf(others)).toHaveLength(others.length);
  });
});
