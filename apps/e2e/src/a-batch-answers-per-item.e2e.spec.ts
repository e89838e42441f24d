import { sharedSystem, type System } from './harness/system.js';

describe('a batch', () => {
  let system: System;
  beforeAll(async () => {
    system = await sharedSystem();
  });
  afterAll(() => system.close());

  it('of 1,000 with bad items among them has an answer per item, and the good ones are delivered', async () => {
    const { network } = system;
    const inbox = system.inbox();
    const [affiliate, offer, archived] = [await network.affiliate(), await network.offer(), await network.offer()];
    await network.editOffer(archived.id, { status: 'archived' });
    await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('{sub1}') });
    const good = { offerId: offer.id, affiliateId: affiliate.id, status: 'pending' };
    /** Every hundredth is bad in its own way. */
    const bad: [item: unknown, status: number, path: string | undefined][] = [
      [{ ...good, status: 'perhaps' }, 422, 'status'],
      [{ ...good, offerId: -1 }, 422, 'offerId'],
      [{ ...good, offerId: 2_000_000_000 }, 422, 'offerId'],
      [{ ...good, affiliateId: 2_000_000_000 }, 422, 'affiliateId'],
      [{ ...good, goalId: 2_000_000_000 }, 422, 'goalId'],
      [{ ...good, colour: 'red' }, 422, 'colour'],
      [{ ...good, sub1: 'NUL\u0000' }, 422, 'sub1'],
      ['no object', 422, ''],
      [{ ...good, offerId: archived.id }, 409, undefined],
      [null, 422, ''],
    ];
    const items = Array.from({ length: 1_000 }, (_, index) =>
      index % 100 === 50 ? bad[(index - 50) / 100]![0] : { ...good, sub1: `item-${index}` },
    );
    const answer = await network.batch(items);
    expect(answer.items).toHaveLength(1_000);
    answer.items.forEach((item, index) => {
      if (index % 100 !== 50) expect(item).toMatchObject({ status: 201, conversion: { sub1: `item-${index}` } });
      else {
        const [, status, path] = bad[(index - 50) / 100]!;
        expect(item).toMatchObject({ status, problem: { status, ...(path === undefined ? {} : { errors: [{ path }] }) } });
      }
    });
    await system.settled({ offerId: offer.id });
    expect(inbox.paths().sort()).toEqual(items.flatMap((_, index) => (index % 100 === 50 ? [] : [`item-${index}`])).sort());

    const changes = answer.items.flatMap((item) => ('conversion' in item ? [{ id: item.conversion.id, status: 'done' }] : []));
    const statuses = await network.call<{ items: { status: number }[] }>('/v1/conversions/statuses', {
      method: 'POST',
      body: { items: [...changes.slice(0, 989), { id: 'none', status: 'done' }] },
    });
    expect(statuses.status).toBe(200);
    expect(statuses.body.items.map(({ status }) => status)).toEqual([...Array<number>(989).fill(200), 422]);
  });
});
