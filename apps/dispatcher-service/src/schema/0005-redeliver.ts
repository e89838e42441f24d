import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What is sent again. One that is under way is a row of `parked` beside the one in the log; a redelivery of many is a row of `redelivery`
 * that walks along the log. Columns of the log that only redeliveries fill cost the others nothing: a null is a bit that is there anyway.
 */
export class Redeliver1764000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table dispatcher.delivery add column redelivery_of uuid;
      comment on column dispatcher.delivery.redelivery_of is 'the delivery that this one was made of, to be sent again as a new one';

      alter table dispatcher.parked add column redelivery_id uuid, add column redelivery_of uuid;
      create index parked_redelivery on dispatcher.parked (redelivery_id) where redelivery_id is not null;
      comment on column dispatcher.parked.redelivery_id is
        'set: sent again, by one attempt; of a redelivery of one there is no row in dispatcher.redelivery';

      create type dispatcher.redelivery_state as enum ('running', 'paused', 'cancelled', 'completed');
      create table dispatcher.redelivery (
        id uuid primary key,
        state dispatcher.redelivery_state not null default 'running',
        filter jsonb not null,
        offer_ids integer[],
        as_new boolean not null,
        rate_per_second integer not null,
        created_by text not null,
        created_at timestamptz not null,
        total integer not null,
        total_is_exact boolean not null,
        position uuid not null,
        ends_before uuid not null,
        is_searched boolean not null default false,
        paced_at timestamptz not null,
        waits_for text,
        finished_at timestamptz,
        owner text,
        epoch integer not null default 0,
        leased_until timestamptz not null default '-infinity'
      ) with (fillfactor = 50);
      create index redelivery_unfinished on dispatcher.redelivery (id) where finished_at is null;
      comment on column dispatcher.redelivery.offer_ids is 'all that it may touch; null: every offer';
      comment on column dispatcher.redelivery.position is 'all of the log up to this id was given out or skipped';
      comment on column dispatcher.redelivery.leased_until is 'by the clock of PostgreSQL; created_at, paced_at and finished_at by the dispatchers''';

      create table dispatcher.redelivery_count (
        redelivery_id uuid not null,
        outcome text not null,
        count integer not null
      ) with (autovacuum_vacuum_scale_factor = 0.05);
      create index redelivery_count_of on dispatcher.redelivery_count (redelivery_id);
      comment on table dispatcher.redelivery_count is 'appended by whoever records something, so that nobody waits; summed up when read';
    `);
  }

  async down(): Promise<void> {
    throw new Error('deliveries may have been sent again since: restore the database instead');
  }
}
