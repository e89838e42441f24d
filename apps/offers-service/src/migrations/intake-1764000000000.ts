import { intakeTablesSql } from '@ringback/event-stream';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far `callbacks.deliveries` has been worked, and what of it could not be read. */
export class Intake1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(intakeTablesSql('offers'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table offers.intake_progress, offers.dead_letter');
  }
}
