import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Two rows a change, both appended: that it was asked for, before anything is done, and what came of it. What would change or remove one is
 * refused by triggers, which hold for the owner of the tables too; for a role that does not own them, see ADR 15.
 */
export class AuditLog1764000000103 implements MigrationInterface {
  readonly name = 'AuditLog1764000000103';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table gateway.audit_entry (
        id bigint generated always as identity primary key,
        at timestamptz not null default now(),
        actor_kind text not null check (actor_kind in ('user', 'key', 'anyone', 'environment')),
        actor_id integer,
        actor text not null,
        action text not null,
        subject text not null,
        address text not null,
        user_agent text not null,
        request_id text not null,
        request json
      );
      create index audit_entry_at on gateway.audit_entry (at);
      create index audit_entry_actor on gateway.audit_entry (actor, id);
      create index audit_entry_action on gateway.audit_entry (action, id);
      create index audit_entry_subject on gateway.audit_entry (subject text_pattern_ops, id);

      create table gateway.audit_outcome (
        entry_id bigint primary key references gateway.audit_entry (id),
        at timestamptz not null default now(),
        status smallint not null,
        -- What was made, where the request could not name it yet.
        subject text,
        before json,
        after json
      );

      create index audit_outcome_subject on gateway.audit_outcome (subject text_pattern_ops) where subject is not null;

      create function gateway.refuse_to_rewrite() returns trigger language plpgsql as $$
      begin
        raise exception 'the audit log is append-only: % of % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
      end
      $$;
      create trigger append_only before update or delete or truncate on gateway.audit_entry
        for each statement execute function gateway.refuse_to_rewrite();
      create trigger append_only before update or delete or truncate on gateway.audit_outcome
        for each statement execute function gateway.refuse_to_rewrite();
      revoke update, delete, truncate on gateway.audit_entry, gateway.audit_outcome from public;
    `);
  }

  async down(): Promise<void> {
    throw new Error('the audit log is kept: restore the database instead');
  }
}
