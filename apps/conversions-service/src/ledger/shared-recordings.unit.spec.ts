import type { Conversion } from '@ringback/contracts';
import { LedgerError } from './ledger-error.js';
import type { RecordOutcome } from './ledger-draft.js';
import type { RecordRequest } from './record-conversions.js';
import { SharedRecordings } from './shared-recordings.js';

const request = (sub1: string): RecordRequest => ({ input: { offerId: 1, affiliateId: 1, status: 'done', sub1 }, key: null });
const outcomeOf = ({ input }: RecordRequest): RecordOutcome => ({ outcome: 'recorded', conversion: { sub1: input.sub1 } as Conversion });

/** Recordings that end when told to. */
function held() {
  const groups: string[][] = [];
  const ends: (() => void)[] = [];
  const recordings = new SharedRecordings((requests) => {
    groups.push(requests.map(({ input }) => input.sub1!));
    return new Promise((resolve) => ends.push(() => resolve(requests.map(outcomeOf))));
  });
  return { groups, ends, recordings };
}

describe('SharedRecordings', () => {
  it('records a few at once each by itself, and lets a crowd share the next transaction', async () => {
    const { groups, ends, recordings } = held();
    const outcomes = Array.from({ length: 10 }, (_, index) => recordings.record(request(`${index}`)));
    expect(groups).toEqual([['0'], ['1'], ['2'], ['3']]);
    ends[0]!();
    await outcomes[0];
    await Promise.resolve();
    expect(groups[4]).toEqual(['4', '5', '6', '7', '8', '9']);
    for (const end of ends) end();
    expect((await Promise.all(outcomes)).map((outcome) => (outcome.outcome === 'recorded' ? outcome.conversion.sub1 : null))).toEqual(
      Array.from({ length: 10 }, (_, index) => `${index}`),
    );
  });

  it('lets a request that breaks its transaction spoil none of the others', async () => {
    const recordings = new SharedRecordings((requests) =>
      requests.some(({ input }) => input.sub1 === 'bad') ? Promise.reject(new RangeError('bad')) : Promise.resolve(requests.map(outcomeOf)),
    );
    const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd', 'e', 'bad', 'f'].map((sub1) => recordings.record(request(sub1))));
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(5).fill('fulfilled'), 'rejected', 'fulfilled']);
  });

  it('tells all at once when it is only for now', async () => {
    let calls = 0;
    const recordings = new SharedRecordings(() => {
      calls += 1;
      return Promise.reject(new LedgerError('raced', 'for now'));
    });
    await Promise.allSettled(Array.from({ length: 9 }, () => recordings.record(request('x'))));
    expect(calls).toBe(5);
  });
});
