import { outboxTablesSql } from '@ringback/event-stream';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys with a scope and versions, and the outbox through which every version goes to Kafka. */
export class ApiKeys1764000000101 implements MigrationInterface {
  readonly name = 'ApiKeys1764000000101';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(outboxTablesSql('gateway'));
    await queryRunner.query(`
      alter table gateway.api_key
        add column offer_ids integer[] check (cardinality(offer_ids) > 0),
        add column version integer not null default 0,
        add column announced_permissions text[],
        add column created_by text not null default 'environment',
        add column updated_at timestamptz not null default now(),
        add column last_used_at timestamptz,
        drop constraint api_key_hash_key;
      comment on column gateway.api_key.offer_ids is 'null: all offers';
      comment on column gateway.api_key.version is 'of the newest record in gateway.api-keys; 0: none yet';
      comment on column gateway.api_key.announced_permissions is 'what the role allowed when the newest record was made; null: none yet';
      -- A key that was revoked stays so: one that comes back with the environment is another row.
      create unique index api_key_live_hash on gateway.api_key (hash) where revoked_at is null;
    `);
  }

  async down(): Promise<void> {
    throw new Error('keys were announced since: restore the database instead');
  }
}
