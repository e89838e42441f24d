import type { MigrationInterface, QueryRunner } from 'typeorm';
import { deadLetterReplaySql } from '@ringback/event-stream';

/**
 * What is kept and what is not any more: the days of the log in one row, and the conversions whose personal data was erased, so that an
 * event that comes again brings none of it back.
 */
export class KeepDaysAndErasures1764000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // What stands there already is kept from its first day on.
    await runner.query(`
      create table dispatcher.log_days (
        only_row boolean primary key default true check (only_row),
        kept_from date not null,
        made_through date not null,
        kept_from_id uuid not null generated always as (
          (lpad(to_hex((kept_from - date '1970-01-01')::bigint * 86400000), 12, '0') || repeat('0', 20))::uuid) stored
      );
      insert into dispatcher.log_days (kept_from, made_through)
      select coalesce(min(day), '1970-01-01'), coalesce(max(day), '1970-01-01')
      from (
        select to_date(right(child.relname, 8), 'YYYYMMDD') as day
        from pg_inherits join pg_class child on child.oid = inhrelid
        where inhparent = 'dispatcher.delivery'::regclass) as days;
      comment on column dispatcher.log_days.kept_from is 'an event of an earlier day cannot be told from one already delivered; never goes back';

      create table dispatcher.erasure (
        conversion_id uuid primary key,
        erased_at timestamptz not null,
        recorded_at timestamptz not null default now(),
        looked_at timestamptz,
        is_final boolean not null default false
      );
      create index erasure_open on dispatcher.erasure (recorded_at) where not is_final;
      create index erasure_age on dispatcher.erasure (recorded_at);
      comment on column dispatcher.erasure.is_final is 'nothing that was under way when it was recorded can write any more';
      ${deadLetterReplaySql('dispatcher')}
      create index dead_letter_key on dispatcher.dead_letter (key);
    `);
  }

  async down(): Promise<void> {
    throw new Error('days that were dropped would be made again: restore the database instead');
  }
}
