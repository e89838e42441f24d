import type { DeliveryRow } from './delivery-row.js';

/** Ids from `lowest` up to, and without, `below`. */
export interface IdRange {
  readonly lowest: string;
  readonly below: string;
}

/** What a statement found in its part of a range, newest first. */
export interface Found {
  readonly rows: readonly DeliveryRow[];
  /** All from it on was looked at; null: all of the range was. */
  readonly floor: string | null;
}

export interface FoundRow extends DeliveryRow {
  /** `floor` is no delivery but the last row that was looked at: there may be more below. */
  found_as: 'log' | 'parked' | 'floor';
  superseded: boolean;
}

/**
 * Merges what was found in the log and parked. Of a delivery that is in both, what is parked is true: it is being sent again.
 * @param maxRows of either side: where it found so many, it may have more below the last
 */
export function merged(found: readonly FoundRow[], maxRows: number): Found {
  const ends = found.filter(({ found_as }) => found_as === 'floor').map(({ id }) => id);
  for (const side of ['log', 'parked'] as const) {
    const rows = found.filter(({ found_as }) => found_as === side);
    if (rows.length === maxRows) ends.push(rows.reduce((lowest, { id }) => (id < lowest ? id : lowest), rows[0]!.id));
  }
  const floor = ends.length === 0 ? null : ends.reduce((highest, id) => (id > highest ? id : highest));
  const rows = found.filter(({ found_as, superseded, id }) => found_as !== 'floor' && !superseded && (floor === null || id >= floor));
  return { rows: rows.sort((a, b) => (a.id < b.id ? 1 : -1)), floor };
}
