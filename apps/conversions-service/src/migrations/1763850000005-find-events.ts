import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Event ids ascend with time, and so do the rows: a BRIN index finds one among millions for a few kilobytes, and costs a recording nothing,
 * where a b-tree would be a third index entry for each event. `minmax_multi`: a row that fills a gap widens no range for all.
 */
export class FindEvents1763850000005 implements MigrationInterface {
  name = 'FindEvents1763850000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create index status_history_event on conversions.status_history
       using brin (event_id uuid_minmax_multi_ops) with (pages_per_range = 32, autosummarize = on)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index conversions.status_history_event');
  }
}
