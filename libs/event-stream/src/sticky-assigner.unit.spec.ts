import fc from 'fast-check';
import { assignSticky } from './sticky-assigner.js';

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('sticky assignment', () => {
  it('gives a second member half, and moves nothing else', () => {
    const assigned = assignSticky(range(12), [
      { memberId: 'b', owned: [] },
      { memberId: 'a', owned: range(12) },
    ]);
    expect(assigned.get('a')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(assigned.get('b')).toEqual([6, 7, 8, 9, 10, 11]);
  });

  it('lets everyone keep what they have when nothing changed', () => {
    const claims = [
      { memberId: 'a', owned: [1, 3, 5, 7] },
      { memberId: 'b', owned: [0, 2, 4] },
      { memberId: 'c', owned: [6, 8, 9] },
    ];
    const assigned = assignSticky(range(10), claims);
    for (const { memberId, owned } of claims) expect(assigned.get(memberId)).toEqual(owned);
  });

  it('gives the partitions of a member that left to the others only', () => {
    const assigned = assignSticky(range(6), [
      { memberId: 'a', owned: [0, 1] },
      { memberId: 'b', owned: [4, 5] },
    ]);
    expect(assigned.get('a')).toEqual(expect.arrayContaining([0, 1]));
    expect(assigned.get('b')).toEqual(expect.arrayContaining([4, 5]));
  });

  it('assigns every partition once and evenly, whatever members claim, and keeps as many as balance allows', () => {
    const claim = fc.array(fc.integer({ min: -1, max: 20 }), { maxLength: 25 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.array(claim, { minLength: 1, maxLength: 6 }), (count, owned) => {
        const claims = owned.map((partitions, i) => ({ memberId: `m${i}`, owned: partitions }));
        const assigned = assignSticky(range(count), claims);
        expect([...assigned.values()].flat().sort((a, b) => a - b)).toEqual(range(count));
        const sizes = [...assigned.values()].map((partitions) => partitions.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(assigned.size).toBe(claims.length);
      }),
    );
  });

  it('does not depend on the order in which members are given', () => {
    const claims = [
      { memberId: 'a', owned: [0] },
      { memberId: 'b', owned: [1] },
      { memberId: 'c', owned: [] },
    ];
    expect(new Map([...assignSticky(range(7), claims)].sort())).toEqual(new Map([...assignSticky(range(7), claims.toReversed())].sort()));
  });
});
