import type { Publisher } from '@ringback/event-stream';
import type { DataSource } from 'typeorm';
import { inTransaction } from './transaction.js';

/** Versions read and sent at once. */
const PAGE_ROWS = 500;

/**
 * Sends every version that has no tombstone to the topic once more, in the order of their revisions, with the bytes it had the first time.
 * No change is made meanwhile: it would wait, or be answered 503. Readers that have a version ignore it.
 * @param topic full name of `offers.configurations`
 * @returns how many
 * @throws {EventStreamError} `KAFKA_UNAVAILABLE`: run it again
 */
export async function republishVersions(dataSource: DataSource, publisher: Pick<Publisher, 'send'>, topic: string): Promise<number> {
  return inTransaction(dataSource, async (manager) => {
    await manager.query('set local idle_in_transaction_session_timeout = 0');
    await manager.query('select from offers.revision for update');
    let sent = 0;
    for (let after = '0'; ;) {
      const rows: { key: string; record: string; revision: string }[] = await manager.query(
        `select case kind when 'keyring' then 'keyring:' || version else kind || ':' || aggregate_id || ':' || version end as key,
           record::text, revision
         from offers.configuration_version where revision > $1 and tombstoned_at is null order by revision limit ${PAGE_ROWS}`,
        [after],
      );
      if (rows.length === 0) return sent;
      await publisher.send(rows.map(({ key, record }) => ({ topic, key, value: Buffer.from(record, 'utf8') })));
      sent += rows.length;
      after = rows.at(-1)!.revision;
    }
  });
}
