import type { MigrationInterface, QueryRunner } from 'typeorm';
import { intakeTablesSql } from '@ringback/event-stream';

/**
 * The log (`delivery`, `delivery_attempt`) and the events of what is parked are partitioned by day through their time-ordered ids: look-ups
 * prune, inserts append, a day is dropped whole. `parked` is small by nature and lives by updates, so it is not partitioned.
 */
export class CreateTables1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(intakeTablesSql('dispatcher'));
    await runner.query(`
      create type dispatcher.event_type as enum ('ConversionCreated', 'StatusChanged');
      create type dispatcher.conversion_status as enum ('pending', 'done', 'rejected');
      create type dispatcher.settled_status as enum ('delivered', 'exhausted', 'cancelled');

      create table dispatcher.delivery (
        id uuid primary key,
        settled_at timestamptz not null,
        started_at timestamptz,
        conversion_id uuid not null,
        offer_id integer not null,
        affiliate_id integer not null,
        callback_id integer not null,
        conversion_version integer not null,
        event_type dispatcher.event_type not null,
        conversion_status dispatcher.conversion_status not null,
        status dispatcher.settled_status not null,
        duration_ms real,
        attempts smallint not null,
        http_status smallint,
        exchange_lost boolean not null default false,
        event_id text not null,
        destination text,
        error text,
        exchange bytea
      ) partition by range (id);
      create index delivery_conversion on dispatcher.delivery (conversion_id);
      comment on table dispatcher.delivery is 'settled deliveries, appended; exchange: see recording/exchange.ts';

      create table dispatcher.delivery_attempt (
        delivery_id uuid not null,
        number smallint not null,
        started_at timestamptz not null,
        duration_ms real not null,
        http_status smallint,
        exchange_lost boolean not null default false,
        error text,
        exchange bytea,
        primary key (delivery_id, number)
      ) partition by range (delivery_id);
      comment on table dispatcher.delivery_attempt is 'attempts that were not the last one; the last stands in delivery';

      create table dispatcher.parked_event (
        id uuid primary key,
        event bytea not null
      ) partition by range (id);
      comment on table dispatcher.parked_event is 'events of parked deliveries as they came from Kafka, each once';

      create table dispatcher.parked (
        id uuid primary key,
        event_key uuid not null,
        lease_token uuid,
        leased_until timestamptz,
        due_at timestamptz not null,
        expires_at timestamptz not null,
        conversion_id uuid not null,
        offer_id integer not null,
        affiliate_id integer not null,
        callback_id integer not null,
        conversion_version integer not null,
        event_type dispatcher.event_type not null,
        conversion_status dispatcher.conversion_status not null,
        attempts smallint not null,
        http_status smallint,
        event_id text not null,
        destination text,
        error text
      ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
      create index parked_due on dispatcher.parked (callback_id, due_at);
      create index parked_leased on dispatcher.parked (leased_until) where leased_until is not null;
      create index parked_conversion on dispatcher.parked (conversion_id);
      create index parked_expiry on dispatcher.parked (expires_at);
      comment on column dispatcher.parked.leased_until is 'by the clock of PostgreSQL; due_at and expires_at by the dispatchers''';

      create table dispatcher.parked_queue (
        callback_id integer primary key,
        destination text not null,
        next_due_at timestamptz not null,
        held_until timestamptz not null default '-infinity',
        last_served_at timestamptz not null default '-infinity'
      ) with (fillfactor = 50);
      create index parked_queue_due on dispatcher.parked_queue (next_due_at);
      comment on table dispatcher.parked_queue is 'one row per callback that has parked deliveries: whose turn it is, without reading them';
    `);
  }

  async down(): Promise<void> {
    throw new Error('the first migration has no way back: drop the schema');
  }
}
