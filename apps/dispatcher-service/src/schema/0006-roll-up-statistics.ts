import type { MigrationInterface, QueryRunner } from 'typeorm';
import { rollupTableSql } from './rollup-tables.js';

/**
 * Statistics of deliveries: what each batch of the recorder adds (`statistics_partial`), and the sums that a job makes of it, by minute,
 * hour and day. All in the transactions that they are about, so they count what the log records, once.
 */
export class RollUpStatistics1764000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dispatcher.statistics_partial (
        id bigint generated always as identity primary key,
        at timestamptz not null,
        entries integer not null,
        packed bytea not null
      ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_threshold = -1);
      alter table dispatcher.statistics_partial alter column packed set storage external;
      comment on table dispatcher.statistics_partial is 'one row a recorded batch, until it is rolled up; packed: see statistics/pack-partial.ts';

      create table dispatcher.statistics_progress (
        only_row boolean primary key default true check (only_row),
        hours_through timestamptz not null,
        days_through timestamptz not null
      );
      comment on table dispatcher.statistics_progress is
        'before hours_through, minutes are summed to hours; before days_through, hours to days; locked by whoever sums';
      insert into dispatcher.statistics_progress (hours_through, days_through)
      values (date_trunc('hour', now(), 'UTC'), date_trunc('day', now(), 'UTC'));

      create type dispatcher.statistics_level as enum ('callback', 'destination', 'affiliate', 'offer', 'all');
    `);
    await runner.query(rollupTableSql('statistics_minute', 'integer'));
    await runner.query(rollupTableSql('statistics_hour', 'integer'));
    // 2,147,483,647 a day would be 24,855/s.
    await runner.query(rollupTableSql('statistics_day', 'bigint'));
  }

  async down(): Promise<void> {
    throw new Error('what was counted would be lost: restore the database instead');
  }
}
