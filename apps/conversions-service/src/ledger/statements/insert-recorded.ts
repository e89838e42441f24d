import { int4Array, jsonArray, textArray, timestamptzArray, uuidArray } from '@ringback/postgres-arrays';
import type pg from 'pg';
import { detailJson } from '../conversion-row.js';
import type { LedgerWrites } from '../ledger-writes.js';
import { historyValues } from './history-values.js';

/**
 * Keys first, each table in one order: whoever waits for another's row holds only rows that come earlier, so no circle closes.
 * `on conflict do nothing` waits for the other transaction to end; what it then leaves out is missing in the counts.
 * `waiting`: commands that wait for the new conversions' transactions.
 */
const sql = `
with held as (
  insert into conversions.idempotency_key (source, key, conversion_id, request, created_at)
  select source, key, conversion_id, request, $1::timestamptz
  from unnest($2::text[], $3::text[], $4::uuid[], $5::json[]) as row (source, key, conversion_id, request)
  order by source collate "C", key collate "C"
  on conflict do nothing
  returning 1
), recorded as (
  insert into conversions.conversion (id, offer_id, affiliate_id, goal_id, status, reject_reason, version, transaction_id, click_id,
    detail, created_at, status_at)
  select *
  from unnest($6::uuid[], $7::integer[], $8::integer[], $9::integer[], $10::text[], $11::text[], $12::integer[], $13::text[],
    $14::text[], $15::json[], $16::timestamptz[], $17::timestamptz[])
    as row (id, offer_id, affiliate_id, goal_id, status, reject_reason, version, transaction_id, click_id, detail, created_at, status_at)
  where (select count(*) from held) >= 0
  order by offer_id, transaction_id collate "C", id
  on conflict do nothing
  returning offer_id, transaction_id
), history as (
  insert into conversions.status_history (conversion_id, version, event_id, status, previous_status, reject_reason, revision, at)
  select *
  from unnest($18::uuid[], $19::integer[], $20::uuid[], $21::text[], $22::text[], $23::text[], $24::bigint[], $25::timestamptz[])
)
select
  (select count(*) from held)::integer as held,
  (select count(*) from recorded)::integer as recorded,
  array(
    select waiting.seq
    from conversions.waiting_command waiting
    where (waiting.offer_id, waiting.transaction_id) in (select offer_id, transaction_id from recorded)
  ) as waiting`;

export interface InsertedCounts {
  readonly held: number;
  readonly recorded: number;
  /** `seq` of the commands that wait for what was inserted. */
  readonly waiting: readonly number[];
}

/** Inserts idempotency keys and new conversions with their history: what is taken by now is left out and missing in the counts. */
export async function insertRecorded(client: pg.ClientBase, writes: LedgerWrites): Promise<InsertedCounts> {
  const { keys, created, createdHistory: history } = writes;
  const { rows } = await client.query<{ held: number; recorded: number; waiting: string[] }>({
    name: 'insert-recorded',
    text: sql,
    values: [
      new Date(writes.atMs).toISOString(),
      textArray(keys.map(({ source }) => source)),
      textArray(keys.map(({ key }) => key)),
      uuidArray(keys.map(({ conversionId }) => conversionId)),
      jsonArray(keys.map(({ held }) => (held.use === 'change' ? JSON.stringify(held.request) : null))),
      uuidArray(created.map(({ id }) => id)),
      int4Array(created.map(({ offerId }) => offerId)),
      int4Array(created.map(({ affiliateId }) => affiliateId)),
      int4Array(created.map(({ goalId }) => goalId)),
      textArray(created.map(({ status }) => status)),
      textArray(created.map(({ rejectReason }) => rejectReason)),
      int4Array(created.map(({ version }) => version)),
      textArray(created.map(({ transactionId }) => transactionId ?? null)),
      textArray(created.map(({ clickId }) => clickId ?? null)),
      jsonArray(created.map(detailJson)),
      timestamptzArray(created.map(({ createdAt }) => Date.parse(createdAt))),
      timestamptzArray(created.map(({ statusAt }) => Date.parse(statusAt))),
      ...historyValues(history),
    ],
  });
  const row = rows[0]!;
  return { held: row.held, recorded: row.recorded, waiting: row.waiting.map(Number) };
}
