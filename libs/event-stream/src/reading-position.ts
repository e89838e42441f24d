import type { PartitionBounds } from './topic-bounds.js';

/** Where a partition is read from. `isFirst`: nothing of it was recorded before, so nothing that is gone was ours. */
export type ReadingPosition =
  | { readonly kind: 'asRecorded' }
  /** Retention has deleted what was to be read next: `lost` messages at most (offsets can have holes). */
  | { readonly kind: 'deleted'; readonly begins: number; readonly lost: number; readonly isFirst: boolean }
  /** The topic was recreated or cut off: its offsets no longer mean what was recorded. */
  | { readonly kind: 'begunAnew'; readonly ends: number };

/** Compares what was recorded with what the partition holds; `bounds` must have been asked for after `nextOffset` was known. */
export function readingPosition(nextOffset: number, { low, high }: PartitionBounds): ReadingPosition {
  if (high < nextOffset) return { kind: 'begunAnew', ends: high };
  if (low > nextOffset) return { kind: 'deleted', begins: low, lost: low - nextOffset, isFirst: nextOffset === 0 };
  return { kind: 'asRecorded' };
}
