import { COUNTERS, type Tally, type TallyKey } from './tally.js';

/** From the narrowest to the widest: a row per callback and destination, and sums of these. */
export const LEVELS = ['callback', 'destination', 'affiliate', 'offer', 'all'] as const;
export type Level = (typeof LEVELS)[number];

/** Sums of tallies. What a level does not tell apart is 0, or empty. */
export interface RollupRow extends TallyKey {
  readonly level: Level;
  readonly counters: number[];
  readonly latency: Uint8Array[];
  readonly duration: Uint8Array[];
}

/** Sums tallies by key: adding them in any order, or sums of them, gives the same. */
export class Rollup {
  readonly #rows = new Map<string, RollupRow>();

  add({ offerId, affiliateId, callbackId, destination, counters, latency, duration }: Tally): void {
    const row = this.#row('callback', offerId, affiliateId, callbackId, destination);
    addTo(row, counters);
    if (latency.length > 0) row.latency.push(latency);
    if (duration.length > 0) row.duration.push(duration);
  }

  get callbackRows(): Iterable<RollupRow> {
    return this.#rows.values();
  }

  /** @returns the rows of every level. */
  allLevels(): RollupRow[] {
    const wider = new Rollup();
    for (const row of this.#rows.values()) {
      wider.#merge(row, wider.#row('destination', 0, 0, 0, row.destination));
      wider.#merge(row, wider.#row('affiliate', 0, row.affiliateId, 0, ''));
      wider.#merge(row, wider.#row('offer', row.offerId, 0, 0, ''));
      wider.#merge(row, wider.#row('all', 0, 0, 0, ''));
    }
    return [...this.#rows.values(), ...wider.#rows.values()];
  }

  #row(level: Level, offerId: number, affiliateId: number, callbackId: number, destination: string): RollupRow {
    const key = `${level} ${callbackId} ${offerId} ${affiliateId} ${destination}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { level, offerId, affiliateId, callbackId, destination, counters: COUNTERS.map(() => 0), latency: [], duration: [] };
      this.#rows.set(key, row);
    }
    return row;
  }

  #merge(from: RollupRow, into: RollupRow): void {
    addTo(into, from.counters);
    for (const bytes of from.latency) into.latency.push(bytes);
    for (const bytes of from.duration) into.duration.push(bytes);
  }
}

function addTo({ counters }: RollupRow, more: readonly number[]): void {
  for (let index = 0; index < counters.length; index++) counters[index]! += more[index]!;
}
