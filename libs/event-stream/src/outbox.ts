import { byteaArray, int8Array, textArray } from '@ringback/postgres-arrays';
import type pg from 'pg';
import { outboxNames } from './outbox-names.js';

export interface OutboxRow {
  /** Default: next of the sequence. Given where the id means something (a revision); then it must ascend per key in commit order. */
  id?: number;
  /** Full name, prefix included. */
  topic: string;
  key: string;
  /** null: a tombstone. */
  value: Buffer | null;
}

/**
 * DDL for a service's migration: the outbox, the sequence its ids come from, and the lease of the one relay that publishes it.
 * @param schema a plain lower-case identifier
 */
export function outboxTablesSql(schema: string): string {
  const { outbox, ids, lease } = outboxNames(schema);
  // Rows live for milliseconds: without frequent vacuuming every read would step over the dead ones before the first that lives.
  return `
    create sequence ${ids} as bigint;
    create table ${outbox} (
      id bigint primary key,
      topic text not null,
      key text not null,
      value bytea,
      created_at timestamptz not null default now(),
      set_aside_at timestamptz,
      set_aside_reason text
    ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_threshold = -1,
            autovacuum_vacuum_cost_delay = 0);
    create table ${lease} (
      only_row boolean primary key default true check (only_row),
      holder text,
      fence bigint not null default 0,
      expires_at timestamptz not null default '-infinity'
    );
    insert into ${lease} default values;
  `;
}

/**
 * Adds rows in one statement, inside the caller's transaction. Draw ids (or let them be drawn here) only while holding the lock on the
 * aggregate's row, so that per key their order is the order of commits. **After the commit call {@link OutboxRelay.wake}**: a notification
 * inside the transaction would make all commits queue for PostgreSQL's one notification lock.
 * @returns the ids, in the order of `rows`
 */
export async function appendToOutbox(client: pg.ClientBase, schema: string, rows: readonly OutboxRow[]): Promise<number[]> {
  if (rows.length === 0) return [];
  const { outbox, ids } = outboxNames(schema);
  const { rows: inserted } = await client.query<{ id: string }>({
    name: `append-to-outbox-${schema}`,
    text: `
      with numbered as materialized (
        select coalesce(given.id, nextval('${ids}')) as id, topic, key, value, place
        from unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[]) with ordinality as given (id, topic, key, value, place)
      ), inserted as (
        insert into ${outbox} (id, topic, key, value) select id, topic, key, value from numbered order by place
      )
      select id from numbered order by place`,
    values: [
      int8Array(rows.map(({ id }) => id ?? null)),
      textArray(rows.map(({ topic }) => topic)),
      textArray(rows.map(({ key }) => key)),
      byteaArray(rows.map(({ value }) => value)),
    ],
  });
  return inserted.map(({ id }) => Number(id));
}
