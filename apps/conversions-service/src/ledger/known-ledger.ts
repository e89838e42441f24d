import type { ChangeStatus, Conversion, ConversionStatus } from '@ringback/contracts';

/** A conversion as it is now, and the status it was first reported with: what a repeat is compared to. */
export interface StoredConversion {
  readonly conversion: Conversion;
  readonly first: { readonly status: ConversionStatus; readonly rejectReason: string | null };
}

/** What makes a request repeatable: an `Idempotency-Key` (source ''), or a command's CloudEvents (source, id). */
export interface IdempotencyKey {
  readonly source: string;
  readonly key: string;
}

/** What a key was first used for. A record is compared with its conversion; a change with itself. */
export type HeldKey =
  { readonly use: 'record'; readonly conversionId: string } | { readonly use: 'change'; readonly request: ChangeStatus['data'] };

/** A `ChangeStatus` whose conversion has not arrived. `seq` ascends in the order of arrival. */
export interface WaitingCommand {
  readonly seq: number;
  readonly source: string;
  readonly commandId: string;
  readonly request: ChangeStatus['data'];
  /** When it is refused, in ms since the epoch. */
  readonly expiresAtMs: number;
}

/** @returns what names a transaction within its offer. */
export function transactionKey(offerId: number, transactionId: string): string {
  return `${offerId}:${transactionId}`;
}

function keyName({ source, key }: IdempotencyKey): string {
  return `${source.length}:${source}:${key}`;
}

/** What the tables hold of the keys, transactions and conversions that one decision is about; decisions write themselves in. */
export class KnownLedger {
  readonly #keys = new Map<string, HeldKey>();
  readonly #conversions = new Map<string, StoredConversion>();
  readonly #byTransaction = new Map<string, string>();
  readonly #waiting = new Map<string, WaitingCommand[]>();

  put(stored: StoredConversion): void {
    const { id, offerId, transactionId } = stored.conversion;
    this.#conversions.set(id, stored);
    if (transactionId !== undefined) this.#byTransaction.set(transactionKey(offerId, transactionId), id);
  }

  hold(key: IdempotencyKey, held: HeldKey): void {
    this.#keys.set(keyName(key), held);
  }

  /** A waiting command holds its key too. */
  addWaiting(command: WaitingCommand): void {
    const transaction = transactionKey(command.request.offerId, command.request.transactionId);
    const waiting = this.#waiting.get(transaction);
    if (waiting === undefined) this.#waiting.set(transaction, [command]);
    else waiting.push(command);
    this.hold({ source: command.source, key: command.commandId }, { use: 'change', request: command.request });
  }

  /** @returns the commands that wait for a transaction, first come first; they wait no longer. */
  takeWaiting(offerId: number, transactionId: string): readonly WaitingCommand[] {
    const transaction = transactionKey(offerId, transactionId);
    const waiting = this.#waiting.get(transaction) ?? [];
    this.#waiting.delete(transaction);
    return waiting;
  }

  held(key: IdempotencyKey): HeldKey | undefined {
    return this.#keys.get(keyName(key));
  }

  conversion(id: string): StoredConversion | undefined {
    return this.#conversions.get(id);
  }

  ofTransaction(offerId: number, transactionId: string): StoredConversion | undefined {
    const id = this.#byTransaction.get(transactionKey(offerId, transactionId));
    return id === undefined ? undefined : this.#conversions.get(id);
  }
}
