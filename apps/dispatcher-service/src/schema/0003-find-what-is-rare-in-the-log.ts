import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a page of the log is looked up by, at next to no cost for a delivery that is answered 200 (0.5 µs; an ordered index of each of
 * callback, affiliate and offer would cost 3 µs, ADR 9):
 *
 * - the sieve: for every 32 pages (some 350 rows) a summary of the values they hold, 0.6 % of the log's size, made when they are full;
 * - what was given up, and what was answered other than 200, in the order of ids. Healthy deliveries have no entry.
 */
export class FindWhatIsRareInTheLog1764000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create index delivery_sieve on dispatcher.delivery using brin (
        id uuid_minmax_ops,
        offer_id int4_bloom_ops (n_distinct_per_range = 300),
        affiliate_id int4_bloom_ops (n_distinct_per_range = 300),
        callback_id int4_bloom_ops (n_distinct_per_range = 300),
        destination text_bloom_ops (n_distinct_per_range = 300)
      ) with (pages_per_range = 32, autosummarize = on);
      create index delivery_ended on dispatcher.delivery (status, id) where status <> 'delivered';
      create index delivery_answer on dispatcher.delivery (http_status, id) where http_status <> 200;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index dispatcher.delivery_sieve, dispatcher.delivery_ended, dispatcher.delivery_answer');
  }
}
