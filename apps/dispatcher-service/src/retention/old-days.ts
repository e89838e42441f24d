import type pg from 'pg';
import { isDatabaseAway, type Logger } from '@ringback/service-runtime';
import { dropOldDays } from './drop-old-days.js';

export interface OldDaysOptions {
  readonly pool: pg.Pool;
  readonly retentionDays: number;
  readonly logger: Logger;
}

/** Keeps the log as long as it is set, and no longer: housekeeping that is done by one dispatcher at a time. */
export class OldDays {
  #stopped = false;

  constructor(private readonly options: OldDaysOptions) {}

  /** Leaves what is not done: a stop does not wait for locks. */
  stop(): void {
    this.#stopped = true;
  }

  /** Never rejects: what cannot be dropped now is dropped in an hour, and the log is only kept for longer. @returns whether all went well */
  async drop(nowMs: number): Promise<boolean> {
    const { pool, retentionDays, logger } = this.options;
    let client: pg.PoolClient | undefined;
    try {
      client = await pool.connect();
      const { tables, isUnfinished } = await dropOldDays(client, nowMs, retentionDays, () => this.#stopped);
      if (tables > 0) logger.info({ tables, retentionDays, isUnfinished }, 'days of the log that are older than its retention are dropped');
      client.release();
      return true;
    } catch (error) {
      // With its lock and its settings, whatever state it is in.
      client?.release(true);
      if (isDatabaseAway(error)) logger.warn({ error }, 'dropping old days waits for PostgreSQL');
      else logger.error({ error }, 'old days could not be dropped: it is tried again in an hour');
      return false;
    }
  }
}
