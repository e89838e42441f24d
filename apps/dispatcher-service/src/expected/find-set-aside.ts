import type pg from 'pg';

/** By the conversion, the key of its events; the event by its id somewhere in the message, which may not be JSON. */
const FIND_SET_ASIDE = `
  select asked.event_id, letter.reason
  from dispatcher.dead_letter letter
  join unnest($3::text[]) as asked (event_id) on position(convert_to('"' || asked.event_id || '"', 'UTF8') in letter.value) > 0
  where letter.topic = $1 and letter.key = convert_to($2, 'UTF8')`;

/** @returns by event id, why those of a conversion's events could not be worked that could not. @param topic full name of `conversions.events` */
export async function findSetAside(
  pool: pg.Pool,
  topic: string,
  conversionId: string,
  eventIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<{ event_id: string; reason: string }>(FIND_SET_ASIDE, [topic, conversionId, eventIds]);
  return new Map(rows.map(({ event_id, reason }) => [event_id, reason]));
}
