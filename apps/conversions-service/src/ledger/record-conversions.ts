import type { ConversionInput } from '@ringback/contracts';
import { inTransaction } from '@ringback/service-runtime';
import { KnownLedger, type IdempotencyKey } from './known-ledger.js';
import { draftOf, type LedgerContext } from './ledger-context.js';
import type { RecordOutcome } from './ledger-draft.js';
import { LedgerError } from './ledger-error.js';
import { writeLedger } from './ledger.store.js';
import { endPublished, publishSpan } from './publish-spans.js';
import { unavailable } from './refusal.js';
import { findKnown } from './statements/find-known.js';
import { findWaiting } from './statements/find-waiting.js';

export interface RecordRequest {
  readonly input: ConversionInput;
  readonly key: IdempotencyKey | null;
  /** Of the request's span. */
  readonly traceparent?: string | undefined;
}

/** Each round that loses a race has let another transaction win it, which the next round then reads; so few are ever needed. */
const MAX_ROUNDS = 8;

/**
 * Records conversions in one transaction: an outcome per request, in their order; one that is refused spoils none of the others.
 * Optimistic: what is taken is read without locks, the unique indexes have the last word, and who loses reads again. So of ten identical
 * requests at once, over any number of instances, one records and nine find what it recorded.
 */
export async function recordConversions(context: LedgerContext, requests: readonly RecordRequest[]): Promise<RecordOutcome[]> {
  const keys = requests.flatMap(({ key }) => (key === null ? [] : [key]));
  const transactions = requests.flatMap(({ input: { offerId, transactionId } }) =>
    transactionId === undefined ? [] : [{ offerId, transactionId }],
  );
  // Asked at once and awaited later, beside the first look at the tables.
  const catchingUp = context.configuration.catchUp();
  const spans = requests.map(({ traceparent }) => publishSpan(context, traceparent));
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const known = new KnownLedger();
    await findKnown(context.pool, known, keys, transactions);
    // Commands that wait for a new conversion are rare: the first write notices them, the next round reads them.
    if (round > 1) await findWaiting(context.pool, known, transactions, []);
    const draft = draftOf(context, known, await catchingUp);
    const outcomes = requests.map(({ input, key }, index) => draft.record(input, key, spans[index]?.traceparent));
    if (draft.isEmpty) {
      for (const span of spans) endPublished(context, span, undefined);
      return outcomes;
    }
    try {
      const outboxId = await inTransaction(context.pool, (client) => writeLedger(client, context.topics, draft.writes()));
      context.relay.wake();
      outcomes.forEach(({ outcome }, index) => endPublished(context, spans[index], outcome === 'recorded' ? outboxId : undefined));
      return outcomes;
    } catch (error) {
      if (!(error instanceof LedgerError && error.code === 'raced')) throw error;
    }
  }
  return requests.map(() => unavailable('Too many others record the same conversion at once: try again.'));
}
