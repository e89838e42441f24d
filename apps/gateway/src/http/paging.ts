import { decodeCursor, encodeCursor, type Page } from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { z } from 'zod';

const positionSchema = z.strictObject({ at: z.int().min(0) });

/** @returns the id that the page before ended at, or undefined. @throws {ProblemError} 422 for a cursor that no list handed out. */
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

/** @param rows one more than `limit` where there are more. */
export function page<Item extends { readonly id: number }>(rows: Item[], limit: number): Page<Item> {
  const items = rows.slice(0, limit);
  return { items, nextCursor: rows.length > limit ? encodeCursor({ at: items.at(-1)!.id }) : null };
}
