import { CONVERSIONS_SOURCE, encodeEvent, type ConversionErased } from '@ringback/contracts';
import { appendToOutbox } from '@ringback/event-stream';
import { inTransaction } from '@ringback/service-runtime';
import type pg from 'pg';
import { uuidV7Floor } from './uuid-v7-source.js';
import type { LedgerContext } from './ledger-context.js';
import { KnownLedger } from './known-ledger.js';
import { SCHEMA } from './ledger.store.js';
import { eraseDetails } from './statements/erase-details.js';
import { lockConversions } from './statements/lock-conversions.js';
import { takeUnerased } from './statements/take-unerased.js';

type EraseContext = Pick<LedgerContext, 'pool' | 'topics' | 'relay' | 'ids' | 'now'>;

/**
 * Erases the personal fields of one conversion, and tells whoever keeps some of them, in one transaction: once it is answered, nothing but
 * the way of the event is left to be done. Again, it changes nothing.
 * @returns whether there is such a conversion
 */
export async function eraseConversion(context: EraseContext, id: string): Promise<boolean> {
  const isKnown = await inTransaction(context.pool, async (client) => {
    const known = new KnownLedger();
    await lockConversions(client, known, [id]);
    if (known.conversion(id) === undefined) return false;
    await erase(client, context, [id]);
    return true;
  });
  context.relay.wake();
  return isKnown;
}

/** As {@link eraseConversion}, for the next conversions that were recorded before. @returns how many, and whether there may be more. */
export async function eraseOlder(
  context: EraseContext,
  recordedBeforeMs: number,
  limit: number,
): Promise<{ erased: number; isFull: boolean }> {
  const result = await inTransaction(context.pool, async (client) => {
    const { ids, isFull } = await takeUnerased(client, uuidV7Floor(recordedBeforeMs), limit);
    return { erased: await erase(client, context, ids), isFull };
  });
  if (result.erased > 0) context.relay.wake();
  return result;
}

async function erase(client: pg.ClientBase, { topics, ids, now }: EraseContext, conversionIds: readonly string[]): Promise<number> {
  if (conversionIds.length === 0) return 0;
  const nowMs = now();
  const erasedAt = new Date(nowMs).toISOString();
  const erased = await eraseDetails(client, conversionIds, erasedAt);
  await appendToOutbox(
    client,
    SCHEMA,
    erased.map((conversionId) => ({
      topic: topics.events,
      key: conversionId,
      value: conversionErased(ids.next(nowMs).id, conversionId, erasedAt),
    })),
  );
  return erased.length;
}

function conversionErased(eventId: string, conversionId: string, erasedAt: string): Buffer {
  const event: ConversionErased = {
    specversion: '1.0',
    id: eventId,
    source: CONVERSIONS_SOURCE,
    type: 'ConversionErased',
    subject: conversionId,
    time: erasedAt,
    datacontenttype: 'application/json',
    data: { conversionId, erasedAt },
  };
  return encodeEvent(event);
}
