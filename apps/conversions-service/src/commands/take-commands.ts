import type { ConversionCommand } from '@ringback/contracts';
import { deadLetter, ok, type OrderedBatch, type Outcome } from '@ringback/event-stream';
import { inTransaction } from '@ringback/service-runtime';
import { refuseByFreshness } from '../configuration/check-recording.js';
import { KnownLedger } from '../ledger/known-ledger.js';
import { draftOf, type LedgerContext } from '../ledger/ledger-context.js';
import type { LedgerDraft } from '../ledger/ledger-draft.js';
import { LedgerError } from '../ledger/ledger-error.js';
import { writeLedger } from '../ledger/ledger.store.js';
import { findKnown } from '../ledger/statements/find-known.js';
import { findWaiting } from '../ledger/statements/find-waiting.js';
import { lockTransactions } from '../ledger/statements/lock-transactions.js';
import { readCommand } from './read-command.js';

/** How long a `ChangeStatus` waits for its conversion, in ms. */
export const WAIT_FOR_CONVERSION_MS = 60_000;

export interface TakenCommands {
  /** How many commands now wait for their conversion. */
  readonly waiting: number;
  readonly refused: number;
  readonly deadLetters: number;
}

/**
 * Works a batch of messages of one partition in one transaction: rows, events, refusals, dead letters and progress, or none of them.
 * @throws {LedgerError} when it cannot be worked now: the same batch is to be given again.
 */
export async function takeCommands(context: LedgerContext, batch: OrderedBatch): Promise<TakenCommands> {
  if (context.relay.isFull()) throw new LedgerError('outbox-full', 'too many events wait for Kafka');
  const freshness = await context.configuration.catchUp();
  const stale = refuseByFreshness(freshness);
  if (stale !== null) throw new LedgerError('configuration-unavailable', stale.detail);
  const read = batch.messages.map(readCommand);
  const commands = read.flatMap((one) => (one.ok ? [one.command] : []));
  const names = (some: readonly ConversionCommand[]) => some.map(({ data: { offerId, transactionId } }) => ({ offerId, transactionId }));
  const keys = commands.map(({ source, id }) => ({ source, key: id }));
  const writes = await inTransaction(context.pool, async (client) => {
    const known = new KnownLedger();
    await lockTransactions(client, names(commands.filter(({ type }) => type === 'ChangeStatus')));
    await findKnown(client, known, keys, names(commands));
    await findWaiting(client, known, names(commands), keys);
    const draft = draftOf(context, known, freshness);
    for (const command of commands) decide(draft, command, context.now() + WAIT_FOR_CONVERSION_MS);
    const written = draft.writes();
    await writeLedger(client, context.topics, written);
    await batch.record(
      client,
      read.map((one): Outcome => (one.ok ? ok : deadLetter(one.reason))),
    );
    return written;
  });
  context.relay.wake();
  return { waiting: writes.newWaiting.length, refused: writes.rejections.length, deadLetters: read.length - commands.length };
}

function decide(draft: LedgerDraft, command: ConversionCommand, expiresAtMs: number): void {
  const outcome =
    command.type === 'RecordConversion'
      ? draft.record(command.data, { source: command.source, key: command.id })
      : draft.changeByCommand(command, expiresAtMs);
  if (outcome === null || outcome.outcome !== 'refused') return;
  if (outcome.kind === 'unavailable') throw new LedgerError('configuration-unavailable', outcome.detail);
  draft.reject(command, outcome);
}
