import pg from 'pg';

/** A message that could not be read or worked, as it came. */
export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** `code: detail` */
  readonly reason: string;
}

/** Longest reason that is kept, in characters. */
const MAX_REASON = 2_000;

/**
 * Writes what could not be worked, inside the caller's transaction (the one that moves the progress past it). A letter that is there
 * already stays as it is.
 */
export async function insertDeadLetters(client: pg.ClientBase, schema: string, letters: readonly DeadLetter[]): Promise<void> {
  if (letters.length === 0) return;
  // In key order, like every statement that touches several rows: two writers can wait for each other, but never in a ring.
  const ordered = [...letters].sort((a, b) => compare(a.topic, b.topic) || a.partition - b.partition || a.offset - b.offset);
  await client.query(
    `insert into ${pg.escapeIdentifier(schema)}.dead_letter (topic, partition, message_offset, key, value, reason)
     select * from unnest($1::text[], $2::int[], $3::bigint[], $4::bytea[], $5::bytea[], $6::text[])
     on conflict (topic, partition, message_offset) do nothing`,
    [
      ordered.map((letter) => letter.topic),
      ordered.map((letter) => letter.partition),
      ordered.map((letter) => letter.offset),
      ordered.map((letter) => letter.key),
      ordered.map((letter) => letter.value),
      ordered.map((letter) => storable(letter.reason)),
    ],
  );
}

/** A reason quotes what was sent, which may hold what PostgreSQL or UTF-8 cannot. */
function storable(reason: string): string {
  return reason.slice(0, MAX_REASON).toWellFormed().replaceAll('\u0000', '\uFFFD');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
