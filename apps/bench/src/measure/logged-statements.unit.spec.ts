import { statementsIn } from './logged-statements.js';

describe('statements in the log', () => {
  it('are counted by application; what brackets a transaction is not', () => {
    const log = `2026-01-01 00:00:00.000 UTC [7] dispatcher-service LOG:  statement: select 1
2026-01-01 00:00:00.000 UTC [7] dispatcher-service LOG:  statement: BEGIN
2026-01-01 00:00:00.000 UTC [7] dispatcher-service LOG:  execute look: 
\twith a as (select 1)
2026-01-01 00:00:00.000 UTC [7] dispatcher-service LOG:  execute <unnamed>: commit
2026-01-01 00:00:00.000 UTC [9] gateway LOG:  execute <unnamed>: select 2
2026-01-01 00:00:00.000 UTC [9] gateway DETAIL:  Parameters: $1 = '2'
2026-01-01 00:00:00.000 UTC [3]  LOG:  checkpoint starting: time
`;
    expect(Object.fromEntries(statementsIn(log))).toEqual({ 'dispatcher-service': 2, gateway: 1 });
  });
});
