import type pg from 'pg';

/** `query_canceled` (PostgreSQL, appendix A): the statement took longer than its `statement_timeout`. */
const CANCELLED = '57014';

/** Runs a query. @returns its rows, or null when its time was up */
export type Read = <Row>(text: string, values: unknown[]) => Promise<Row[] | null>;

/**
 * @param timeoutMs after which PostgreSQL gives up; null: as the pool has it
 * @param settings for this query alone
 */
export function readWithin(pool: pg.Pool, timeoutMs: number | null, settings: Readonly<Record<string, string>> = {}): Read {
  const all: Record<string, string> = {
    // Many partitions look expensive: compiling, or starting workers, would take longer than the query.
    jit: 'off',
    max_parallel_workers_per_gather: '0',
    ...settings,
    ...(timeoutMs === null ? {} : { statement_timeout: String(Math.ceil(timeoutMs)) }),
  };
  const begin = ['begin', ...Object.entries(all).map(([name, value]) => `set local ${name} = ${value}`)].join(';');
  return async <Row>(text: string, values: unknown[]) => {
    const client = await pool.connect();
    let broken = true;
    try {
      await client.query(begin);
      const { rows } = await client.query(text, values);
      await client.query('commit');
      broken = false;
      return rows as Row[];
    } catch (error) {
      if ((error as { code?: unknown }).code !== CANCELLED) throw error;
      await client.query('rollback');
      broken = false;
      return null;
    } finally {
      // One that is closed rolls back too.
      client.release(broken);
    }
  };
}
