import { decodeCursor, encodeCursor, MAX_ID, type Page } from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { z } from 'zod';

const positionSchema = z.strictObject({ at: z.int().min(0).max(MAX_ID) });

/** @returns the id or version that the page before ended at. @throws {ProblemError} 422 for a cursor that no list handed out. */
export function cursorPosition(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const position = decodeCursor(cursor, positionSchema);
  if (position === null) throw problem.unprocessable([{ path: 'cursor', message: 'is not one that a list handed out: begin without it' }]);
  return position.at;
}

/** As {@link cursorPosition}, for lists that ascend by id. */
export function afterCursor(cursor: string | undefined): number {
  return cursorPosition(cursor) ?? 0;
}

/**
 * @param rows one more than `limit` where there are more.
 * @param at where a row stands in the list; default: its id.
 */
export function page<Item>(rows: Item[], limit: number, at: (item: Item) => number = (item) => (item as { id: number }).id): Page<Item> {
  const items = rows.slice(0, limit);
  return { items, nextCursor: rows.length > limit ? encodeCursor({ at: at(items.at(-1)!) }) : null };
}
