import { shortenedPlan } from './shortened-plan.js';

const day = (
  date: string,
  number: number,
  more = '',
) => `        ->  Index Scan Backward using delivery_${date}_pkey on delivery_${date} delivery_${number} ${more || '(cost=1..2 rows=1) (actual time=0.1..0.2 rows=1.00 loops=1)'}
              Index Cond: (id < 'f')`;

describe('a plan over many days', () => {
  it('shows two of those that are alike, and says how many there are', () => {
    const plan = [
      'Limit  (cost=1..2)',
      '  ->  Append  (cost=1..2)',
      day('20260105', 5),
      day('20260104', 4),
      day('20260103', 3),
      day('20260102', 2, '(never executed)'),
      '  CTE other',
    ].join('\n');
    expect(shortenedPlan(plan).split('\n')).toEqual([
      'Limit  (cost=1..2)',
      '  ->  Append  (cost=1..2)',
      ...day('20260105', 5).split('\n'),
      ...day('20260104', 4).split('\n'),
      '        … and 2 more like these, of other days',
      '  CTE other',
    ]);
  });

  it('keeps apart what is done in another way, and what is no partition', () => {
    const plan = [
      'Append  (cost=1..2)',
      day('20260105', 5),
      '        ->  Bitmap Heap Scan on delivery_20260104 delivery_4  (cost=1..2)',
      '        ->  Index Scan using parked_pkey on parked  (cost=1..2)',
      'Duration: 1.0 ms',
    ].join('\n');
    expect(shortenedPlan(plan)).toBe(plan);
  });
});
