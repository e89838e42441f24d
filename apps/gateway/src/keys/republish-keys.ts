import { inTransaction } from '@ringback/service-runtime';
import type pg from 'pg';
import { announceKeys } from './announce-key.js';

/** Keys announced in one transaction. */
const PAGE_ROWS = 500;

/**
 * Announces every key as it is now, as its next version: the relay of a gateway publishes them. Readers need no version but the newest.
 * @param topic full name of `gateway.api-keys`
 * @returns the outbox rows' ids
 */
export async function republishKeys(pool: pg.Pool, topic: string): Promise<number[]> {
  const outboxIds: number[] = [];
  for (let after = 0; ;) {
    const page = await inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ id: number }>(
        'select id from gateway.api_key where id > $1 order by id limit $2 for no key update',
        [after, PAGE_ROWS],
      );
      const ids = rows.map(({ id }) => id);
      outboxIds.push(...(await announceKeys(client, topic, ids, 'republish')));
      return ids;
    });
    if (page.length === 0) return outboxIds;
    after = page.at(-1)!;
  }
}
