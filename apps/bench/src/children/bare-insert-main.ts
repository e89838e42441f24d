import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { encodeEvent } from '@ringback/contracts';
import { serve } from './calls.js';
import { conversionEvent } from './event-load.js';

/** The yardstick of ingest: PostgreSQL's own multi-row insert of the rows that a batch of conversions makes, its events included. */
const INSERT = `
  with recorded as (
    insert into conversions.conversion (id, offer_id, affiliate_id, status, version, transaction_id, click_id, detail, created_at, status_at)
    select id, $2, $3, 'done', 1, null, 'c0ffee00-1234-5678-9abc-def012345678', detail, now(), now()
    from unnest($1::uuid[], $4::json[]) as row (id, detail)
  ), history as (
    insert into conversions.status_history (conversion_id, version, event_id, status, revision, at)
    select id, 1, event_id, 'done', 1, now() from unnest($1::uuid[], $5::uuid[]) as row (id, event_id)
  )
  insert into conversions.outbox (id, topic, key, value)
  select nextval('conversions.outbox_id'), $6, id::text, value from unnest($1::uuid[], $7::bytea[]) as row (id, value)`;

let pool: pg.Pool | null = null;
let batches: unknown[][] = [];

const calls = {
  open(databaseUrl: string): void {
    pool = new pg.Pool({ connectionString: databaseUrl, max: 16 });
  },
  /** Makes the rows, so that inserting them is all that is measured. */
  prepare(count: number, size: number, offers: readonly number[]): void {
    batches = Array.from({ length: Math.ceil(count / size) }, (_, batch) => {
      const events = Array.from({ length: Math.min(size, count - batch * size) }, () =>
        conversionEvent(offers[batch % offers.length]!, 1, 1, Date.now(), { transactionId: undefined }),
      );
      const conversions = events.map(({ data }) => data.conversion);
      const detail = conversions.map(
        ({ id: _id, offerId: _o, affiliateId: _a, status: _s, version: _v, createdAt: _c, statusAt: _t, ...rest }) => JSON.stringify(rest),
      );
      const ids = conversions.map(({ id }) => id);
      return [
        ids,
        offers[batch % offers.length]!,
        1,
        detail,
        ids.map(() => randomUUID()),
        'bare.conversions.events',
        events.map(encodeEvent),
      ];
    });
  },
  /** Inserts what was prepared, a transaction a batch, so many at a time. */
  async insert(atOnce: number): Promise<void> {
    let next = 0;
    const one = async () => {
      for (let batch = batches[next++]; batch !== undefined; batch = batches[next++])
        await pool!.query({ name: 'bare-insert', text: INSERT, values: batch });
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  },
  /** What the relay does with the outbox for us. */
  async clear(): Promise<void> {
    await pool!.query('truncate conversions.outbox');
  },
};
export type BareInsertCalls = typeof calls;
serve(calls);
