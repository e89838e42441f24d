import type pg from 'pg';
import type { ConversionErased } from '@ringback/contracts';

/** The first word stands: an event that comes again has nothing new to say, and what it asked for may be done. */
const RECORD_ERASURES = `
  insert into dispatcher.erasure (conversion_id, erased_at)
  select conversion_id, erased_at from unnest($1::uuid[], $2::timestamptz[]) as erasure (conversion_id, erased_at)
  order by conversion_id
  on conflict (conversion_id) do nothing`;

/** Writes down whose personal data is to be erased, inside the transaction that moves the progress past it. */
export async function recordErasures(client: pg.ClientBase, erasures: readonly ConversionErased['data'][]): Promise<void> {
  if (erasures.length === 0) return;
  await client.query({
    name: 'record-erasures',
    text: RECORD_ERASURES,
    values: [erasures.map(({ conversionId }) => conversionId), erasures.map(({ erasedAt }) => erasedAt)],
  });
}
