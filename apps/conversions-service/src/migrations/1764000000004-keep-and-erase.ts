import { deadLetterReplaySql } from '@ringback/event-stream';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When the personal data of a conversion was erased, and how far that is done by age: conversions are found in the order of their ids. */
const erasure = `
alter table conversions.conversion add column erased_at timestamptz;
create table conversions.erasure_progress (
  only_row boolean primary key default true check (only_row),
  erased_through uuid not null
);
insert into conversions.erasure_progress (erased_through) values ('00000000-0000-0000-0000-000000000000');
`;

export class KeepAndErase1764000000004 implements MigrationInterface {
  name = 'KeepAndErase1764000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(erasure);
    await runner.query(deadLetterReplaySql('conversions'));
  }

  async down(): Promise<void> {
    throw new Error('that something was erased cannot be forgotten: restore the database instead');
  }
}
