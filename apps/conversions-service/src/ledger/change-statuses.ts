import type { StatusChangeInput } from '@ringback/contracts';
import { inTransaction, reaches, type Actor } from '@ringback/service-runtime';
import { refuseByFreshness } from '../configuration/check-recording.js';
import { KnownLedger } from './known-ledger.js';
import { draftOf, type LedgerContext } from './ledger-context.js';
import type { ChangeOutcome } from './ledger-draft.js';
import { writeLedger } from './ledger.store.js';
import { endPublished, publishSpan } from './publish-spans.js';
import { notFound, type Refusal } from './refusal.js';
import { lockConversions } from './statements/lock-conversions.js';

export interface ChangeRequest {
  readonly id: string;
  readonly change: StatusChangeInput;
}

/**
 * Changes statuses in one transaction, in the order of the requests, also where they name the same conversion. An outcome per request.
 * Archived offers and goals refuse nothing here (rule 6). A conversion of an offer that the actor does not reach does not exist.
 */
export async function changeStatuses(
  context: LedgerContext,
  requests: readonly ChangeRequest[],
  actor: Actor,
  traceparent?: string,
): Promise<(ChangeOutcome | Refusal)[]> {
  const freshness = await context.configuration.catchUp();
  const stale = refuseByFreshness(freshness);
  if (stale !== null) return requests.map(() => stale);
  const span = publishSpan(context, traceparent);
  const { outcomes, outboxId } = await inTransaction(context.pool, async (client) => {
    const known = new KnownLedger();
    await lockConversions(client, known, [...new Set(requests.map(({ id }) => id))]);
    const draft = draftOf(context, known, freshness);
    const decided = requests.map(({ id, change }) => {
      const stored = known.conversion(id);
      const exists = stored !== undefined && reaches(actor, stored.conversion.offerId);
      return exists ? draft.changeStatus(id, change, span?.traceparent) : notFound(`There is no conversion ${id}.`, 'id');
    });
    return { outcomes: decided, outboxId: draft.isEmpty ? undefined : await writeLedger(client, context.topics, draft.writes()) };
  });
  context.relay.wake();
  endPublished(context, span, outboxId);
  return outcomes;
}
