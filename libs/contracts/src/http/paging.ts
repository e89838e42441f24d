import { z } from 'zod';
import { text } from '../text.js';

/** Query of every list. */
export const pageQueryShape = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: text(500).optional(),
};

/** Answer of every list. `nextCursor` is null on the last page. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** @returns an opaque cursor for the position a list ended at. */
export function encodeCursor(position: Record<string, string | number>): string {
  return Buffer.from(JSON.stringify(position), 'utf8').toString('base64url');
}

/** @returns the position, or null when the cursor is not one that the list handed out. */
export function decodeCursor<Position>(cursor: string, schema: z.ZodType<Position>): Position | null {
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    // Not JSON, so not ours: the caller answers 422 naming the cursor.
    return null;
  }
}
