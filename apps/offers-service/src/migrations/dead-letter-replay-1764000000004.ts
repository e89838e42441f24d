import { deadLetterReplaySql } from '@ringback/event-stream';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a dead letter was put into its topic once more, when, and by whom. */
export class DeadLetterReplay1764000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(deadLetterReplaySql('offers'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table offers.dead_letter drop column replayed_at, drop column replayed_by');
  }
}
