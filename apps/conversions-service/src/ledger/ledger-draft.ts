import { type ChangeStatus, type Conversion, type ConversionInput, type StatusChangeInput } from '@ringback/contracts';
import { conversionDetails, differenceErrors, differingChange, differingFields } from './conversion-body.js';
import type { IdempotencyKey, KnownLedger, StoredConversion, WaitingCommand } from './known-ledger.js';
import { commandRejected, conversionCreated, MAX_CREATED_BYTES, statusChanged, type RefusedCommand } from './ledger-events.js';
import type { EncodedEvent, HistoryRow, LedgerWrites } from './ledger-writes.js';
import { invalid, type Refusal } from './refusal.js';
import type { UuidV7Source } from './uuid-v7-source.js';

export type RecordOutcome = { readonly outcome: 'recorded' | 'repeated'; readonly conversion: Conversion } | Refusal;
export type ChangeOutcome = { readonly outcome: 'changed' | 'unchanged'; readonly conversion: Conversion };

export interface DraftOptions {
  readonly known: KnownLedger;
  /** The newest configuration revision read: goes into every event. */
  readonly revision: number;
  /** Whether a new conversion may be recorded now. */
  readonly check: (input: ConversionInput) => Refusal | null;
  readonly ids: UuidV7Source;
  readonly nowMs: number;
}

/**
 * Decides in memory, without I/O, what one transaction will write: requests are given in their order, each sees what those before it did.
 * What was read may be outdated by the time it is written: the store notices, and all is decided anew.
 */
export class LedgerDraft {
  readonly #o: DraftOptions;
  readonly #created = new Set<string>();
  readonly #changed = new Set<string>();
  readonly #history: HistoryRow[] = [];
  readonly #events: EncodedEvent[] = [];
  readonly #rejections: EncodedEvent[] = [];
  readonly #keys: LedgerWrites['keys'][number][] = [];
  readonly #answeredWaiting: number[] = [];
  readonly #newWaiting: Omit<WaitingCommand, 'seq'>[] = [];

  constructor(options: DraftOptions) {
    this.#o = options;
  }

  /**
   * A conversion: new, or the first one of the same key or of the same transaction within its offer, if the bodies agree. A repeat is
   * recognised before the configuration is asked, so it is answered alike after the offer was archived.
   */
  record(input: ConversionInput, key: IdempotencyKey | null, traceparent?: string): RecordOutcome {
    const held = key === null ? undefined : this.#o.known.held(key);
    if (held?.use === 'change') return invalid('The key was used for a change of status.', differenceErrors(['type']));
    if (held !== undefined) return this.#repeat(this.#stored(held.conversionId), input, 'this key');
    const { offerId, transactionId } = input;
    const first = transactionId === undefined ? undefined : this.#o.known.ofTransaction(offerId, transactionId);
    if (first !== undefined) {
      const outcome = this.#repeat(first, input, `transactionId "${transactionId}"`);
      if (key !== null && outcome.outcome === 'repeated') this.#holdForRecord(key, first.conversion.id);
      return outcome;
    }
    const refusal = this.#o.check(input);
    if (refusal !== null) return refusal;
    return this.#create(input, key, traceparent);
  }

  /** A change of a known conversion's status. To the same status it is no change: nothing is written and nothing fires (rule 1). */
  changeStatus(conversionId: string, change: StatusChangeInput, traceparent?: string): ChangeOutcome {
    const { conversion, first } = this.#stored(conversionId);
    if (conversion.status === change.status) return { outcome: 'unchanged', conversion };
    const { known, ids, nowMs, revision } = this.#o;
    // Never before the last change, whose instance may have had a faster clock: receivers drop what is older.
    const at = new Date(Math.max(nowMs, Date.parse(conversion.statusAt))).toISOString();
    const changed: Conversion = {
      ...conversion,
      version: conversion.version + 1,
      status: change.status,
      rejectReason: change.rejectReason ?? null,
      statusAt: at,
    };
    const eventId = ids.next(nowMs).id;
    known.put({ conversion: changed, first });
    if (!this.#created.has(conversionId)) this.#changed.add(conversionId);
    this.#events.push({ key: conversionId, value: statusChanged(eventId, revision, changed, conversion.status, traceparent) });
    this.#history.push(historyRow(eventId, revision, changed, conversion.status));
    return { outcome: 'changed', conversion: changed };
  }

  /** A `ChangeStatus` command. An unknown transaction makes it wait until `expiresAtMs`; what already waits for one goes first. */
  changeByCommand(command: ChangeStatus, expiresAtMs: number): Refusal | null {
    const { known } = this.#o;
    const request = command.data;
    const key = { source: command.source, key: command.id };
    const held = known.held(key);
    if (held !== undefined) {
      const fields = held.use === 'change' ? differingChange(held.request, request) : ['type'];
      return fields.length === 0 ? null : invalid('The command differs from the first with its source and id.', differenceErrors(fields));
    }
    const stored = known.ofTransaction(request.offerId, request.transactionId);
    if (stored === undefined) {
      const waiting = { source: command.source, commandId: command.id, request, expiresAtMs };
      this.#newWaiting.push(waiting);
      // Not stored yet, so it has no place in the order; served out of this transaction it is simply not stored.
      known.addWaiting({ ...waiting, seq: -this.#newWaiting.length });
      return null;
    }
    this.serveWaiting(request.offerId, request.transactionId);
    this.#change(stored.conversion.id, key, request);
    return null;
  }

  /** Applies, in the order they came, the commands that waited for a transaction that is known now. */
  serveWaiting(offerId: number, transactionId: string): void {
    const stored = this.#o.known.ofTransaction(offerId, transactionId);
    if (stored === undefined) return;
    for (const command of this.#o.known.takeWaiting(offerId, transactionId)) {
      this.#dropWaiting(command);
      this.#change(stored.conversion.id, { source: command.source, key: command.commandId }, command.request);
    }
  }

  /** A command that waited in vain: it is refused and holds its key no longer. */
  refuseWaiting(command: WaitingCommand, refusal: Refusal): void {
    this.#dropWaiting(command);
    const { source, commandId, request } = command;
    this.reject({ id: commandId, source, type: 'ChangeStatus', data: request }, refusal);
  }

  reject(command: RefusedCommand, refusal: Refusal): void {
    const { ids, nowMs } = this.#o;
    const key = `${command.data.offerId}:${command.data.transactionId}`;
    const value = commandRejected(ids.next(nowMs).id, new Date(nowMs).toISOString(), command, refusal);
    this.#rejections.push({ key, value });
  }

  get isEmpty(): boolean {
    const nothingNew = this.#history.length + this.#rejections.length + this.#keys.length === 0;
    return nothingNew && this.#answeredWaiting.length + this.#newWaiting.length === 0;
  }

  writes(): LedgerWrites {
    const now = (id: string): Conversion => this.#stored(id).conversion;
    return {
      created: [...this.#created].map(now),
      changed: [...this.#changed].map(now),
      createdHistory: this.#history.filter((row) => this.#created.has(row.conversionId)),
      changedHistory: this.#history.filter((row) => !this.#created.has(row.conversionId)),
      events: this.#events,
      rejections: this.#rejections,
      keys: this.#keys,
      answeredWaiting: this.#answeredWaiting,
      newWaiting: this.#newWaiting,
      atMs: this.#o.nowMs,
    };
  }

  #repeat(first: StoredConversion, input: ConversionInput, by: string): RecordOutcome {
    const fields = differingFields(first, input);
    if (fields.length === 0) return { outcome: 'repeated', conversion: first.conversion };
    return invalid(`Conversion ${first.conversion.id} was recorded with ${by} and another body.`, differenceErrors(fields));
  }

  #create(input: ConversionInput, key: IdempotencyKey | null, traceparent: string | undefined): RecordOutcome {
    const { known, ids, nowMs, revision } = this.#o;
    const { id, ms } = ids.next(nowMs);
    const at = new Date(ms).toISOString();
    const conversion: Conversion = {
      id,
      version: 1,
      offerId: input.offerId,
      affiliateId: input.affiliateId,
      goalId: input.goalId ?? null,
      status: input.status,
      rejectReason: input.rejectReason ?? null,
      ...conversionDetails(input),
      createdAt: at,
      statusAt: at,
    };
    const eventId = ids.next(nowMs).id;
    const value = conversionCreated(eventId, revision, conversion, traceparent);
    if (value.byteLength > MAX_CREATED_BYTES) return tooLarge(input, value.byteLength);
    known.put({ conversion, first: { status: conversion.status, rejectReason: conversion.rejectReason } });
    this.#created.add(id);
    this.#events.push({ key: id, value });
    this.#history.push(historyRow(eventId, revision, conversion, null));
    if (key !== null) this.#holdForRecord(key, id);
    if (input.transactionId !== undefined) this.serveWaiting(input.offerId, input.transactionId);
    return { outcome: 'recorded', conversion: this.#stored(id).conversion };
  }

  #change(conversionId: string, key: IdempotencyKey, request: ChangeStatus['data']): void {
    this.changeStatus(conversionId, request);
    const held = { use: 'change', request } as const;
    this.#o.known.hold(key, held);
    this.#keys.push({ ...key, conversionId, held });
  }

  #dropWaiting(command: WaitingCommand): void {
    if (command.seq >= 0) this.#answeredWaiting.push(command.seq);
    else
      this.#newWaiting.splice(
        this.#newWaiting.findIndex((one) => one.source === command.source && one.commandId === command.commandId),
        1,
      );
  }

  #holdForRecord(key: IdempotencyKey, conversionId: string): void {
    const held = { use: 'record', conversionId } as const;
    this.#o.known.hold(key, held);
    this.#keys.push({ ...key, conversionId, held });
  }

  #stored(id: string): StoredConversion {
    const stored = this.#o.known.conversion(id);
    if (stored === undefined) throw new RangeError(`conversion ${id} was not read before it was decided about`);
    return stored;
  }
}

function historyRow(eventId: string, revision: number, conversion: Conversion, previousStatus: HistoryRow['previousStatus']): HistoryRow {
  const { id: conversionId, version, status, rejectReason, statusAt: at } = conversion;
  return { eventId, conversionId, version, status, previousStatus, rejectReason, revision, at };
}

/** Names the longest field: that is the one to shorten. */
function tooLarge(input: ConversionInput, bytes: number): Refusal {
  const sizes = Object.entries(input).map(([path, value]) => ({ path, bytes: JSON.stringify(value)?.length ?? 0 }));
  const longest = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  return invalid('The conversion is too large.', [
    { path: longest.path, message: `makes the event ${bytes} bytes long, at most ${MAX_CREATED_BYTES} are allowed: shorten it` },
  ]);
}
