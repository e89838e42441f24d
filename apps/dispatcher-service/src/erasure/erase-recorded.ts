import type pg from 'pg';
import { deliveryId, deliveryRecordedAt } from '@ringback/contracts';
import { eraseStoredEvent } from './erase-event.js';

/** Erasures of one transaction: some thousand rows at most, since a conversion has few deliveries. */
const MAX_ERASURES = 100;
/**
 * What was under way when an erasure was recorded has written what it writes by then, in ms: a request (30 s), its lease (45 s), and what
 * PostgreSQL was away. So everything is looked through once more after that.
 */
const FINAL_AFTER_MS = 10 * 60_000;

/** New ones at once, and each a second time once nothing that was under way can write any more. By PostgreSQL's clock alone. */
const TAKE_ERASURES = `
  select conversion_id, erased_at, recorded_at < now() - $2::float8 * interval '1 millisecond' as is_final
  from dispatcher.erasure
  where not is_final and (looked_at is null or recorded_at < now() - $2::float8 * interval '1 millisecond')
  order by recorded_at
  limit $1
  for update skip locked`;

const FIND_DELIVERIES = `
  select id, event_id, conversion_id from dispatcher.delivery where conversion_id = any($1::uuid[])
  union
  select id, event_id, conversion_id from dispatcher.parked where conversion_id = any($1::uuid[])`;

/** Errors that quote nothing stay: where a receiver redirected to, or what could not be rendered, may tell what was in the request. */
const QUOTES_NOTHING = `error ~ '^answered [0-9]{3}$'`;
const ERASED_ERROR = `case when error is null or ${QUOTES_NOTHING} then error else 'erased with the personal data of the conversion' end`;
const HAS_SOMETHING = `(exchange is not null or (error is not null and not ${QUOTES_NOTHING}))`;

const ERASE_LOG = `
  update dispatcher.delivery set exchange = null, error = ${ERASED_ERROR}
  where id = any($1::uuid[]) and id between $2::uuid and $3::uuid and ${HAS_SOMETHING}`;

const ERASE_ATTEMPTS = `
  update dispatcher.delivery_attempt set exchange = null, error = ${ERASED_ERROR}
  where delivery_id = any($1::uuid[]) and delivery_id between $2::uuid and $3::uuid and ${HAS_SOMETHING}`;

const ERASE_PARKED = `
  update dispatcher.parked set error = ${ERASED_ERROR}
  where id = any($1::uuid[]) and lease_token is null and error is not null and not ${QUOTES_NOTHING}`;

const READ_EVENTS = `
  select id, event from dispatcher.parked_event
  where id = any($1::uuid[]) and id between $2::uuid and $3::uuid order by id for update`;

const WRITE_EVENTS = `
  update dispatcher.parked_event as stored set event = erased.event
  from unnest($1::uuid[], $2::bytea[]) as erased (id, event)
  where stored.id = erased.id and stored.id between $3::uuid and $4::uuid`;

const READ_LETTERS = `
  select topic, partition, message_offset, key, value from dispatcher.dead_letter
  where key = any($1::bytea[]) and value is not null for update`;

const WRITE_LETTERS = `
  update dispatcher.dead_letter as letter set value = erased.value
  from unnest($1::text[], $2::integer[], $3::bigint[], $4::bytea[]) as erased (topic, partition, message_offset, value)
  where letter.topic = erased.topic and letter.partition = erased.partition and letter.message_offset = erased.message_offset`;

const DONE = `
  update dispatcher.erasure as erasure set is_final = done.is_final, looked_at = now()
  from unnest($1::uuid[], $2::boolean[]) as done (conversion_id, is_final)
  where erasure.conversion_id = done.conversion_id`;

interface ErasureRow {
  readonly conversion_id: string;
  readonly erased_at: Date;
  readonly is_final: boolean;
}

interface DeliveryOfConversion {
  readonly id: string;
  readonly event_id: string;
  readonly conversion_id: string;
}

/**
 * Erases what the log stored of some conversions, inside the caller's transaction: requests and answers as they were (the values are in
 * them), errors that quote them, and the events that parked deliveries are sent from; those go out with empty values from then on.
 * Counts, times, statuses and ids stay, and so do the statistics.
 * @returns whether there may be more
 */
export async function eraseRecorded(client: pg.ClientBase): Promise<boolean> {
  const { rows: erasures } = await client.query<ErasureRow>(TAKE_ERASURES, [MAX_ERASURES, FINAL_AFTER_MS]);
  if (erasures.length === 0) return false;
  const erasedAt = new Map(erasures.map((row) => [row.conversion_id, row.erased_at.toISOString()]));
  const { rows: deliveries } = await client.query<DeliveryOfConversion>(FIND_DELIVERIES, [[...erasedAt.keys()]]);
  const ids = deliveries.map(({ id }) => id).sort();
  if (ids.length > 0) {
    const range = [ids, ids[0], ids.at(-1)];
    await client.query(ERASE_LOG, range);
    await client.query(ERASE_ATTEMPTS, range);
    await client.query(ERASE_PARKED, [ids]);
    await eraseEvents(client, deliveries, erasedAt);
  }
  await eraseLetters(client, erasedAt);
  await client.query(DONE, [erasures.map((row) => row.conversion_id), erasures.map((row) => row.is_final)]);
  return erasures.length === MAX_ERASURES;
}

async function eraseEvents(
  client: pg.ClientBase,
  deliveries: readonly DeliveryOfConversion[],
  erasedAt: ReadonlyMap<string, string>,
): Promise<void> {
  // As `insert-parked.ts` stores them: under the event's own id of that time.
  const keys = new Map(
    deliveries.map((row) => [deliveryId(deliveryRecordedAt(row.id), row.event_id, 0), erasedAt.get(row.conversion_id)!]),
  );
  const ids = [...keys.keys()].sort();
  const { rows } = await client.query<{ id: string; event: Buffer }>(READ_EVENTS, [ids, ids[0], ids.at(-1)]);
  const erased = rows.flatMap(({ id, event }) => {
    const bytes = eraseStoredEvent(event, keys.get(id)!);
    return bytes === null ? [] : [{ id, bytes }];
  });
  if (erased.length === 0) return;
  await client.query(WRITE_EVENTS, [erased.map(({ id }) => id), erased.map(({ bytes }) => bytes), ids[0], ids.at(-1)]);
}

interface LetterRow {
  readonly topic: string;
  readonly partition: number;
  readonly message_offset: string;
  readonly key: Buffer;
  readonly value: Buffer;
}

/** A letter that can be read goes on without personal data; of one that cannot, nothing is kept but its reason. */
async function eraseLetters(client: pg.ClientBase, erasedAt: ReadonlyMap<string, string>): Promise<void> {
  const { rows } = await client.query<LetterRow>(READ_LETTERS, [[...erasedAt.keys()].map((id) => Buffer.from(id))]);
  const letters = rows.filter(({ value }) => !value.includes('"erasedAt"'));
  if (letters.length === 0) return;
  await client.query(WRITE_LETTERS, [
    letters.map(({ topic }) => topic),
    letters.map(({ partition }) => partition),
    letters.map(({ message_offset }) => message_offset),
    letters.map(({ key, value }) => eraseStoredEvent(value, erasedAt.get(key.toString('utf8'))!)),
  ]);
}
