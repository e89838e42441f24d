import DataLoader from 'dataloader';
import { ApiProblem } from './api-problem.js';

/** Most ids that one request may name. */
const MAX_IDS = 200;
/** Whatever is asked for within this, in ms, goes in one request: the rows of a table are drawn at once. */
const TOGETHER_MS = 10;

/**
 * Reads things one by one for whoever asks, and all that are asked for at about the same time with one request.
 * @param read the list of those whose ids, separated by commas, it is given
 * @returns reads one. It throws {@link ApiProblem}: 404 where the list does not have it.
 */
export function readById<Item extends { readonly id: number }>(read: (id: string, limit: number) => Promise<{ readonly items: Item[] }>) {
  const loader = new DataLoader<number, Item>(
    async (ids) => {
      const { items } = await read(ids.join(','), MAX_IDS);
      const found = new Map(items.map((item) => [item.id, item]));
      return ids.map((id) => found.get(id) ?? new ApiProblem(404, `There is none with the ID ${id}.`));
    },
    { cache: false, maxBatchSize: MAX_IDS, batchScheduleFn: (send) => setTimeout(send, TOGETHER_MS) },
  );
  return (id: number) => loader.load(id);
}
