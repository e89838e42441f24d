import type { MigrationInterface, QueryRunner } from 'typeorm';
import { rollupTableSql } from './rollup-tables.js';

/**
 * Sums of four and of sixteen days, so that a month of every callback is read from seven rows each instead of 31. The job makes them of the
 * days that are there, from the first on. A dispatcher of a version before knows none of it: it moves hours and days on, and these follow.
 */
export class SumSeveralDays1764000000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(rollupTableSql('statistics_four_days', 'bigint'));
    await runner.query(rollupTableSql('statistics_sixteen_days', 'bigint'));
    await runner.query(`
      alter table dispatcher.statistics_progress add column four_days_through timestamptz, add column sixteen_days_through timestamptz;
      update dispatcher.statistics_progress set (four_days_through, sixteen_days_through) = (
        select at, at from date_bin('16 days',
          coalesce((select min(at) from dispatcher.statistics_day where level = 'all'), now()), to_timestamp(0)) as at);
      alter table dispatcher.statistics_progress
        alter column four_days_through set not null, alter column sixteen_days_through set not null;
      comment on table dispatcher.statistics_progress is
        'before hours_through, minutes are summed to hours, and so on; locked by whoever sums';
    `);
  }

  async down(): Promise<void> {
    throw new Error('what was counted would be lost: restore the database instead');
  }
}
