import pg from 'pg';
import type { DeadLetterPosition } from '@ringback/contracts';

export interface DeadLetterRow {
  readonly topic: string;
  readonly partition: number;
  readonly message_offset: string;
  readonly reason: string;
  readonly recorded_at: Date;
  readonly replayed_at: Date | null;
  readonly replayed_by: string | null;
}
export interface WholeDeadLetterRow extends DeadLetterRow {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** What letters are asked for; null: any. Times in ms since the epoch, `fromMs` included, `toMs` not. */
export interface DeadLetterFilter {
  readonly code: string | null;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly isReplayed: boolean | null;
}

const COLUMNS = 'topic, partition, message_offset, reason, recorded_at, replayed_at, replayed_by';

const MATCHES = `($1::text is null or split_part(reason, ':', 1) = $1)
  and ($2::float8 is null or recorded_at >= to_timestamp($2 / 1000)) and ($3::float8 is null or recorded_at < to_timestamp($3 / 1000))
  and ($4::boolean is null or (replayed_at is not null) = $4)`;

/** Letters are never deleted, so the position of one is a place in the list for ever. */
const besideOf = (table: string) => `
  select recorded_at, topic, partition, message_offset from ${table} where topic = $5 and partition = $6 and message_offset = $7`;

function bind(filter: DeadLetterFilter, beside: DeadLetterPosition | null): unknown[] {
  return [
    filter.code,
    filter.fromMs,
    filter.toMs,
    filter.isReplayed,
    beside?.topic ?? null,
    beside?.partition ?? null,
    beside?.offset ?? null,
  ];
}

function tableOf(schema: string): string {
  return `${pg.escapeIdentifier(schema)}.dead_letter`;
}

/** @returns letters, newest first, older than the one at `before`; null: from the newest. */
export async function listDeadLetters(
  db: pg.ClientBase | pg.Pool,
  schema: string,
  filter: DeadLetterFilter,
  before: DeadLetterPosition | null,
  limit: number,
): Promise<DeadLetterRow[]> {
  const table = tableOf(schema);
  const { rows } = await db.query<DeadLetterRow>(
    `select ${COLUMNS} from ${table}
     where ${MATCHES} and ($5::text is null or (recorded_at, topic, partition, message_offset) < (${besideOf(table)}))
     order by recorded_at desc, topic desc, partition desc, message_offset desc
     limit $8`,
    [...bind(filter, before), limit],
  );
  return rows;
}

/** @returns a letter with its message, locked when asked for inside a transaction; null: there is none. */
export async function findDeadLetter(
  db: pg.ClientBase | pg.Pool,
  schema: string,
  { topic, partition, offset }: DeadLetterPosition,
  lock: '' | 'for update' = '',
): Promise<WholeDeadLetterRow | null> {
  const { rows } = await db.query<WholeDeadLetterRow>(
    `select ${COLUMNS}, key, value from ${tableOf(schema)} where topic = $1 and partition = $2 and message_offset = $3 ${lock}`,
    [topic, partition, offset],
  );
  return rows[0] ?? null;
}

/** Locks the next letters, with their messages, oldest first, after the one at `after`. What another has locked is left to it. */
export async function lockDeadLetters(
  client: pg.ClientBase,
  schema: string,
  filter: DeadLetterFilter,
  after: DeadLetterPosition | null,
  limit: number,
): Promise<WholeDeadLetterRow[]> {
  const table = tableOf(schema);
  const { rows } = await client.query<WholeDeadLetterRow>(
    `select ${COLUMNS}, key, value from ${table}
     where ${MATCHES} and ($5::text is null or (recorded_at, topic, partition, message_offset) > (${besideOf(table)}))
     order by recorded_at, topic, partition, message_offset
     limit $8
     for update skip locked`,
    [...bind(filter, after), limit],
  );
  return rows;
}

/** Letters stay; that they were replayed, and by whom, is written on them. */
export async function markReplayed(client: pg.ClientBase, schema: string, letters: readonly DeadLetterRow[], by: string): Promise<void> {
  await client.query(
    `update ${tableOf(schema)} as letter set replayed_at = now(), replayed_by = $4
     from unnest($1::text[], $2::integer[], $3::bigint[]) as replayed (topic, partition, message_offset)
     where letter.topic = replayed.topic and letter.partition = replayed.partition and letter.message_offset = replayed.message_offset`,
    [letters.map(({ topic }) => topic), letters.map(({ partition }) => partition), letters.map((row) => row.message_offset), by],
  );
}
