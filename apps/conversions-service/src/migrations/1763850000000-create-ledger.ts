import { intakeTablesSql, outboxTablesSql } from '@ringback/event-stream';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Text that is only compared for equality is `collate "C"`: bytes, cheaper in an index. `detail` is `json`, not `jsonb`: it is written once
 * and only ever read whole.
 */
const ledger = `
create table conversions.conversion (
  id uuid primary key,
  offer_id integer not null,
  affiliate_id integer not null,
  goal_id integer,
  status text not null check (status in ('pending', 'done', 'rejected')),
  reject_reason text,
  version integer not null check (version >= 1),
  transaction_id text collate "C",
  click_id text collate "C",
  detail json not null,
  created_at timestamptz not null,
  status_at timestamptz not null
) with (fillfactor = 90);
create unique index conversion_transaction on conversions.conversion (offer_id, transaction_id) where transaction_id is not null;
create index conversion_offer on conversions.conversion (offer_id, id);
create index conversion_affiliate on conversions.conversion (affiliate_id, id);
create index conversion_goal on conversions.conversion (goal_id, id) where goal_id is not null;
create index conversion_click on conversions.conversion (click_id) where click_id is not null;

create table conversions.status_history (
  conversion_id uuid not null,
  version integer not null,
  event_id uuid not null,
  status text not null,
  previous_status text,
  reject_reason text,
  revision bigint not null,
  at timestamptz not null,
  primary key (conversion_id, version)
);

create table conversions.idempotency_key (
  source text collate "C" not null,
  key text collate "C" not null,
  conversion_id uuid not null,
  request json,
  created_at timestamptz not null,
  primary key (source, key)
);
create index idempotency_key_age on conversions.idempotency_key (created_at);

create table conversions.waiting_command (
  seq bigint generated always as identity primary key,
  source text collate "C" not null,
  command_id text collate "C" not null,
  offer_id integer not null,
  transaction_id text collate "C" not null,
  status text not null,
  reject_reason text,
  expires_at timestamptz not null,
  unique (source, command_id)
);
create index waiting_command_transaction on conversions.waiting_command (offer_id, transaction_id);
create index waiting_command_expiry on conversions.waiting_command (expires_at);
`;

export class CreateLedger1763850000000 implements MigrationInterface {
  name = 'CreateLedger1763850000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ledger);
    await runner.query(outboxTablesSql('conversions'));
    await runner.query(intakeTablesSql('conversions'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema conversions cascade');
  }
}
