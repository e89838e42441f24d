import type { FailingCallback } from '@ringback/contracts';
import type pg from 'pg';
import type { CallbackIndex } from '../callback-index/callback-index.js';
import { DISABLED_AFTER_MS } from '../recording/judge-callback.js';

/** One is in the table from its first failure on; it is told of once its failing was announced. */
const LIST = `
  select callback_id, version, failing_since, failed_attempts, disabled_version = version as given_up,
    (extract(epoch from failing_since) * 1000000)::bigint as since_us
  from dispatcher.callback_health
  where (announced_days > 0 or disabled_version = version)
    and ($1::integer[] is null or callback_id = any($1))
    and ($2::bigint is null or ((extract(epoch from failing_since) * 1000000)::bigint, callback_id) > ($2, $3::integer))
  order by (extract(epoch from failing_since) * 1000000)::bigint, callback_id
  limit $4`;

interface HealthRow {
  readonly callback_id: number;
  readonly version: number;
  readonly failing_since: Date;
  readonly failed_attempts: number;
  readonly given_up: boolean | null;
  /** A bigint, as text. */
  readonly since_us: string;
}

/** Where a page ended: microseconds since the epoch, and a callback. */
export interface FailingPosition {
  readonly sinceUs: number;
  readonly callbackId: number;
}

/** Callbacks without a success for a day or longer, and those that were given up. */
export class FailingCallbacksReadModel {
  constructor(
    private readonly pool: pg.Pool,
    private readonly index: Pick<CallbackIndex, 'today' | 'callbacksOf'>,
  ) {}

  /**
   * @param offerIds all that the caller may see; null: every offer
   * @returns those that fail the longest first. A page may hold fewer than `limit`, since what an admin changed meanwhile begins anew.
   */
  async list(
    offerIds: readonly number[] | null,
    after: FailingPosition | null,
    limit: number,
  ): Promise<{ items: FailingCallback[]; next: FailingPosition | null }> {
    const visibleIds = offerIds === null ? null : this.index.callbacksOf(offerIds);
    const { rows } = await this.pool.query<HealthRow>(LIST, [visibleIds, after?.sinceUs ?? null, after?.callbackId ?? null, limit + 1]);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      items: shown.flatMap((row) => this.#item(row) ?? []),
      next: rows.length > limit && last !== undefined ? { sinceUs: Number(last.since_us), callbackId: last.callback_id } : null,
    };
  }

  #item({ callback_id: callbackId, version, failing_since: since, failed_attempts: failedAttempts, given_up }: HealthRow) {
    const today = this.index.today(callbackId);
    if (today.kind === 'deleted') return null;
    const { callback } = today;
    const givenUp = given_up === true;
    // Disabling it is a version of its own, and so is every edit: only the former leaves it given up.
    const isStill = callback.version === version || (givenUp && !callback.enabled);
    if (!isStill) return null;
    return {
      callbackId,
      offerId: callback.offerId,
      affiliateId: callback.affiliateId,
      failingSince: since.toISOString(),
      failedAttempts,
      givenUp,
      disabledAfter: givenUp ? null : new Date(since.getTime() + DISABLED_AFTER_MS).toISOString(),
    };
  }
}
