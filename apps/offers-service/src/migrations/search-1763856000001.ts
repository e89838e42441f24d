import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Search inside names by trigrams (pg_trgm, PostgreSQL manual F.35), which serves `ilike '%…%'`. Where the extension is not to be had, the
 * search reads the table instead: slower over 100,000 offers, but right.
 */
export class Search1763856000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      do $$
      declare home name;
      begin
        begin
          create extension if not exists pg_trgm;
        exception when insufficient_privilege or undefined_file or feature_not_supported then
          raise notice 'pg_trgm is not available: names are searched without an index';
        end;
        select n.nspname into home from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
        if home is not null then
          execute format('create index affiliate_name on offers.affiliate using gin (name %I.gin_trgm_ops)', home);
          execute format('create index offer_name on offers.offer using gin (name %I.gin_trgm_ops)', home);
        end if;
      end $$
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index if exists offers.affiliate_name, offers.offer_name');
  }
}
