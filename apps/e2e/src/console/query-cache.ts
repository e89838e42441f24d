import type { Page } from 'playwright-core';

/** Runs in the page. React keeps what it renders on the root's node; the console's data is in the client that a provider was given. */
const COUNT = `(() => {
  const root = document.getElementById('console');
  const key = Object.keys(root).find((name) => name.startsWith('__reactContainer'));
  const fibers = [root[key].stateNode?.current ?? root[key]];
  for (let fiber = fibers.pop(); fiber; fiber = fibers.pop()) {
    const client = fiber.memoizedProps?.client;
    if (typeof client?.getQueryCache === 'function') {
      const held = client.getQueryCache().getAll();
      const itemsOf = (about) => held.reduce((sum, { queryKey, state }) => sum + (about(queryKey[0]) ? (state.data?.items?.length ?? 0) : 0), 0);
      return { queries: held.length, deliveries: itemsOf((what) => what === 'deliveries'), items: itemsOf(() => true) };
    }
    if (fiber.sibling) fibers.push(fiber.sibling);
    if (fiber.child) fibers.push(fiber.child);
  }
  throw new Error('the page has no query client');
})()`;

/** How many answers of the API the console holds, and how many items of lists are in them: of deliveries, and of all. */
export interface QueryCache {
  readonly queries: number;
  readonly deliveries: number;
  readonly items: number;
}

export async function queryCacheOf(page: Page): Promise<QueryCache> {
  return (await page.evaluate(COUNT)) as QueryCache;
}
