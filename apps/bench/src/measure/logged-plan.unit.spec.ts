import { loggedPlan } from './logged-plan.js';

const LOG = `2026-01-01 00:00:00.000 UTC [7] LOG:  database system is ready
2026-01-01 00:00:01.000 UTC [9] LOG:  duration: 0.500 ms  plan:
\tQuery Text: 
\t  select 1
\t  from a
\tSeq Scan on a  (cost=0.00..1.00 rows=1 width=4) (actual time=0.1..0.2 rows=1.00 loops=1)
\t  Buffers: shared hit=1
2026-01-01 00:00:02.000 UTC [9] LOG:  duration: 0.700 ms  plan:
\tQuery Text: select 2 from b
\tIndex Scan on b  (cost=0.00..1.00 rows=1 width=4)
2026-01-01 00:00:03.000 UTC [9] LOG:  something else
`;

describe('a plan in the log', () => {
  it('is found by its query, and shown without it', () => {
    expect(loggedPlan(LOG, (query) => query.includes('from a'))).toBe(
      'Seq Scan on a  (cost=0.00..1.00 rows=1 width=4) (actual time=0.1..0.2 rows=1.00 loops=1)\n  Buffers: shared hit=1\nDuration: 0.500 ms',
    );
  });

  it('is the last one that is wanted', () => {
    expect(loggedPlan(LOG, () => true)).toMatch(/^Index Scan on b/);
    expect(loggedPlan(LOG, () => false)).toBeNull();
  });
});
