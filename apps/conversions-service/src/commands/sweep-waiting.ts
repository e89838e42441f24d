import { inTransaction } from '@ringback/service-runtime';
import { refuseByFreshness } from '../configuration/check-recording.js';
import { KnownLedger, transactionKey } from '../ledger/known-ledger.js';
import { draftOf, type LedgerContext } from '../ledger/ledger-context.js';
import { LedgerError } from '../ledger/ledger-error.js';
import { writeLedger } from '../ledger/ledger.store.js';
import { notFound } from '../ledger/refusal.js';
import { findKnown } from '../ledger/statements/find-known.js';
import { findRipeWaiting } from '../ledger/statements/find-ripe-waiting.js';
import { findWaiting } from '../ledger/statements/find-waiting.js';
import { lockTransactions } from '../ledger/statements/lock-transactions.js';

/** Most waiting commands answered in one transaction. */
const MAX_COMMANDS = 500;

/**
 * Answers commands whose wait is over: applied, if their conversion came by while they were being stored; else refused once their time is
 * up. What comes later for the same transaction stays behind them.
 * @returns how many were answered. @throws {LedgerError} when they cannot be now.
 */
export async function sweepWaiting(context: LedgerContext): Promise<number> {
  const ripe = await findRipeWaiting(context.pool, context.now(), MAX_COMMANDS);
  if (ripe.length === 0) return 0;
  if (context.relay.isFull()) throw new LedgerError('outbox-full', 'too many events wait for Kafka');
  const freshness = await context.configuration.catchUp();
  const stale = refuseByFreshness(freshness);
  if (stale !== null) throw new LedgerError('configuration-unavailable', stale.detail);
  const transactions = [
    ...new Map(ripe.map(({ request: { offerId, transactionId } }) => [transactionKey(offerId, transactionId), { offerId, transactionId }])),
  ].map(([, transaction]) => transaction);
  const answered = await inTransaction(context.pool, async (client) => {
    const known = new KnownLedger();
    await lockTransactions(client, transactions);
    await findKnown(client, known, [], transactions);
    await findWaiting(client, known, transactions, []);
    const draft = draftOf(context, known, freshness);
    for (const { offerId, transactionId } of transactions) {
      draft.serveWaiting(offerId, transactionId);
      for (const command of known.takeWaiting(offerId, transactionId)) {
        if (command.expiresAtMs > context.now()) continue;
        draft.refuseWaiting(command, notFound(`Offer ${offerId} has no conversion with this transactionId.`, 'transactionId'));
      }
    }
    await writeLedger(client, context.topics, draft.writes());
    return draft.writes().answeredWaiting.length;
  });
  context.relay.wake();
  return answered;
}
