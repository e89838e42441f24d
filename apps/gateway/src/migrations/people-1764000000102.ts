import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions that can be refreshed and ended, invitations and resets by a one-time token, and sign-ins that failed. */
export class People1764000000102 implements MigrationInterface {
  readonly name = 'People1764000000102';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      alter table gateway.user_account
        alter column password_hash drop not null,
        drop constraint user_account_status_check,
        add constraint user_account_status_check check (status in ('invited', 'active', 'disabled')),
        add constraint user_account_active_has_password check (status <> 'active' or password_hash is not null),
        add column version integer not null default 1,
        add column last_sign_in_at timestamptz;

      create table gateway.session (
        id uuid primary key,
        user_id integer not null references gateway.user_account (id),
        created_at timestamptz not null,
        last_used_at timestamptz not null,
        expires_at timestamptz not null,
        ended_at timestamptz,
        end_reason text,
        address text not null,
        user_agent text not null
      );
      create index session_of_user on gateway.session (user_id, created_at);

      create table gateway.refresh_token (
        hash bytea primary key check (octet_length(hash) = 32),
        session_id uuid not null references gateway.session (id) on delete cascade,
        expires_at timestamptz not null,
        used_at timestamptz
      );
      create index refresh_token_session on gateway.refresh_token (session_id);
      comment on table gateway.refresh_token is 'all tokens of a session: one that comes back after its use was stolen';

      create table gateway.one_time_token (
        hash bytea primary key check (octet_length(hash) = 32),
        user_id integer not null unique references gateway.user_account (id),
        purpose text not null check (purpose in ('invitation', 'password-reset')),
        created_by text not null,
        expires_at timestamptz not null
      );
      comment on table gateway.one_time_token is 'the newest of each user; deleted by its use';

      create table gateway.sign_in_failure (
        kind text not null check (kind in ('account', 'address')),
        key text not null,
        failures integer not null,
        last_failed_at timestamptz not null,
        locked_until timestamptz not null,
        primary key (kind, key)
      );
      create index sign_in_failure_age on gateway.sign_in_failure (last_failed_at);
    `);
  }

  async down(): Promise<void> {
    throw new Error('users were invited since: restore the database instead');
  }
}
