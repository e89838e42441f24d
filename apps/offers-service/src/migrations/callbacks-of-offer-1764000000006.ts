import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Explanations look at the deleted callbacks of an offer too: its index holds them from now on. */
export class CallbacksOfOffer1764000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index offers.callback_offer;
      create index callback_offer on offers.callback (offer_id, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index offers.callback_offer;
      create index callback_offer on offers.callback (offer_id, id) where deleted_at is null;
    `);
  }
}
