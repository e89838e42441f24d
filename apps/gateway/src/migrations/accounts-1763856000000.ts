import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who may do what. A role is a row: what it allows is read with every request, so a new role needs no new code.
 * `*` allows everything, also what later versions add.
 */
export class Accounts1763856000000 implements MigrationInterface {
  readonly name = 'Accounts1763856000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table gateway.role (
        name text primary key,
        description text not null,
        permissions text[] not null
      )`);
    await queryRunner.query(`
      insert into gateway.role (name, description, permissions) values
        ('admin', 'everything', '{*}'),
        ('manager', 'offers, affiliates, callbacks, deliveries',
          '{configuration:read,configuration:write,conversions:read,deliveries:read}'),
        ('viewer', 'reads', '{configuration:read,conversions:read,deliveries:read}'),
        ('service', 'conversions only', '{conversions:read,conversions:write}')`);
    await queryRunner.query(`
      create table gateway.user_account (
        id integer generated always as identity primary key,
        email text not null unique check (email = lower(email)),
        password_hash text not null,
        role text not null references gateway.role (name),
        status text not null check (status in ('active', 'disabled')),
        from_environment boolean not null default false,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    await queryRunner.query(`
      create table gateway.api_key (
        id integer generated always as identity primary key,
        name text not null,
        prefix text not null,
        hash bytea not null unique check (octet_length(hash) = 32),
        role text not null references gateway.role (name),
        expires_at timestamptz,
        revoked_at timestamptz,
        from_environment boolean not null default false,
        created_at timestamptz not null default now()
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table gateway.api_key');
    await queryRunner.query('drop table gateway.user_account');
    await queryRunner.query('drop table gateway.role');
  }
}
