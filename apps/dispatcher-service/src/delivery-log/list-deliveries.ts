import type pg from 'pg';
import { deliveryIdFloor, deliveryRecordedAt, type Delivery, type DeliveryListQuery } from '@ringback/contracts';
import type { DeliveryFilter } from './delivery-filter.js';
import { toDelivery } from './delivery-row.js';
import { SearchSteps } from './search-steps.js';

/** How long a page may search, in ms. */
const MAX_SEARCH_MS = 150;
/** What a statement is given at least, in ms: with less time left, none is begun. */
const LEAST_STATEMENT_MS = 40;
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';
const ABOVE_ALL_IDS = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export interface DeliveryList {
  readonly items: Delivery[];
  /** The next page is what is older than this; null: there is none. */
  readonly nextBefore: string | null;
  /** ISO 8601; how far back the page searched, where its time was up before it was full. */
  readonly searchedThrough: string | null;
}

/**
 * A page of deliveries, newest first: the log and what is parked, merged by id. It walks through the newest rows first, where most pages are
 * filled; what is rare is sifted for, an hour and then longer at a time. When its time is up it says how far it has come. Each page comes
 * further than the one before, however slow the database is.
 * @param before the cursor's position: only what is older
 * @param nowMs wall clock
 * @param elapsedMs since the search began
 */
export async function listDeliveries(
  pool: pg.Pool,
  filter: DeliveryFilter & Pick<DeliveryListQuery, 'from' | 'to' | 'limit'>,
  before: string | null,
  nowMs: number,
  elapsedMs: () => number,
): Promise<DeliveryList> {
  const lowest = filter.from === undefined ? LOWEST_ID : deliveryIdFloor(Math.max(0, Date.parse(filter.from)));
  let below = filter.to === undefined ? ABOVE_ALL_IDS : deliveryIdFloor(Math.max(0, Date.parse(filter.to)));
  if (before !== null && before < below) below = before;
  const steps = new SearchSteps(pool, filter, nowMs);
  const items: Delivery[] = [];
  for (let isFirst = true; ; isFirst = false) {
    const room = filter.limit - items.length;
    let found = await steps.next({ lowest, below }, room, Math.max(LEAST_STATEMENT_MS, MAX_SEARCH_MS - elapsedMs()));
    if (found === null && isFirst) found = await steps.least({ lowest, below }, room);
    if (found !== null) {
      for (const row of found.rows.slice(0, room)) items.push(toDelivery(row));
      if (items.length === filter.limit) return { items, nextBefore: items.at(-1)!.id, searchedThrough: null };
      if (found.floor === null) return { items, nextBefore: null, searchedThrough: null };
      below = found.floor;
    }
    if (found === null || elapsedMs() > MAX_SEARCH_MS - LEAST_STATEMENT_MS)
      return { items, nextBefore: below, searchedThrough: new Date(deliveryRecordedAt(below)).toISOString() };
  }
}
