import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { redeliveredId, type Delivery, type RedeliverySkip } from '@ringback/contracts';
import { inTransaction } from '@ringback/service-runtime';
import type { CallbackIndex } from '../callback-index/callback-index.js';
import { LOG_COLUMNS, PARKED_COLUMNS, toDelivery, type DeliveryRow } from '../delivery-log/delivery-row.js';
import { isDayKept } from '../retention/kept-days.js';
import { againOf, wantedEventOf } from './again.js';
import { enqueueRedeliveries } from './enqueue-redeliveries.js';
import type { EventSource } from './event-source.js';
import { isKept, whyNotAgain } from './judge-candidate.js';

/** One statement, so one snapshot: both may have it, while it is sent again. */
const FIND = `
  select ${PARKED_COLUMNS}, true as is_parked, redelivery_id is not null as is_again
  from dispatcher.parked where id = $1 and ($2::integer[] is null or offer_id = any($2))
  union all
  select ${LOG_COLUMNS}, false, false
  from dispatcher.delivery where id = $1 and ($2::integer[] is null or offer_id = any($2))`;

interface FoundRow extends DeliveryRow {
  readonly is_parked: boolean;
  readonly is_again: boolean;
}

export interface RedeliverOneOptions {
  readonly pool: pg.Pool;
  readonly index: Pick<CallbackIndex, 'today'>;
  readonly source: Pick<EventSource, 'find'>;
  /** Reads all of the configuration that was acknowledged until now; false when that cannot be told. */
  readonly catchUp: () => Promise<boolean>;
  /** A delivery was parked, and is due. */
  readonly onEnqueued: () => void;
  /** How long the log is kept, in days. */
  readonly retentionDays: number;
  readonly now: () => number;
}

export type RedeliverOutcome =
  /** To be sent, or being sent again already. */
  | { readonly kind: 'accepted'; readonly delivery: Delivery }
  /** Never sent, or not yet at its end. */
  | { readonly kind: 'not-ended'; readonly delivery: Delivery }
  /** Being sent again under its own id, and asked for as a new one. */
  | { readonly kind: 'under-way' }
  | { readonly kind: 'refused'; readonly reason: RedeliverySkip; readonly callbackId: number }
  /** Its day is not kept any more. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'unknown' };

/** Sends one delivery again, by one attempt with today's configuration. */
export class RedeliverOne {
  constructor(private readonly options: RedeliverOneOptions) {}

  /**
   * @param offerIds all that the caller may see; null: every offer
   * @throws {EventSourceError} while the ledger is away
   */
  async run(deliveryId: string, asNew: boolean, offerIds: readonly number[] | null): Promise<RedeliverOutcome> {
    const { pool, index, source, catchUp, onEnqueued, now, retentionDays } = this.options;
    const asked = () => ({ nowMs: now(), retentionDays });
    if (!isKept(deliveryId, asked())) return { kind: 'gone' };
    const { rows } = await pool.query<FoundRow>(FIND, [deliveryId, offerIds]);
    const parked = rows.find(({ is_parked }) => is_parked);
    if (parked !== undefined) return this.#underWay(parked, asNew);
    const [row] = rows;
    if (row === undefined) return { kind: 'unknown' };
    // Who has just mended a callback sends with that one. While Kafka is away, the newest that was read counts, as for all deliveries.
    await catchUp();
    const today = index.today(row.callback_id);
    const reason = whyNotAgain({ id: row.id, attempts: asNew ? 0 : row.attempts }, today.kind, asked());
    if (reason !== null) return { kind: 'refused', reason, callbackId: row.callback_id };
    const [event] = await source.find([wantedEventOf(row)]);
    if (event === null || event === undefined) return { kind: 'refused', reason: 'event-gone', callbackId: row.callback_id };
    const at = asked();
    const redeliveryId = randomUUID();
    const id = asNew ? redeliveredId(at.nowMs, redeliveryId, row.id) : row.id;
    const again = againOf(row, { id, event, today, ...at });
    const enqueued = await inTransaction(pool, async (client) =>
      (await isDayKept(client, id)) ? enqueueRedeliveries(client, redeliveryId, [again], at.nowMs) : null,
    );
    if (enqueued === null) return { kind: 'gone' };
    if (enqueued.size > 0) onEnqueued();
    return this.#accepted(id, enqueued.size > 0, asNew);
  }

  #underWay(parked: FoundRow, asNew: boolean): RedeliverOutcome {
    if (!parked.is_again) return { kind: 'not-ended', delivery: toDelivery(parked) };
    return asNew ? { kind: 'under-way' } : { kind: 'accepted', delivery: toDelivery(parked) };
  }

  /** As it stands now: it may have been sent meanwhile. */
  async #accepted(id: string, isOurs: boolean, asNew: boolean): Promise<RedeliverOutcome> {
    const { rows } = await this.options.pool.query<FoundRow>(FIND, [id, null]);
    const row = rows.find(({ is_parked }) => is_parked) ?? rows[0];
    if (row === undefined) return { kind: 'unknown' };
    if (!isOurs && row.is_parked) return this.#underWay(row, asNew);
    return { kind: 'accepted', delivery: toDelivery(row) };
  }
}
