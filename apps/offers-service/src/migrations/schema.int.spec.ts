import { migrateOffers } from '../migrations.js';
import { OffersRig } from '../testing/offers-rig.js';

describe('the schema', () => {
  let rig: OffersRig;

  beforeAll(async () => {
    rig = await OffersRig.create();
  });
  afterAll(() => rig.drop());

  it('has these tables and columns', async () => {
    const { rows } = await rig.pool.query(`
      select table_name || ': ' || string_agg(column_name || ' ' || data_type || case is_nullable when 'YES' then '?' else '' end, ', '
        order by ordinal_position) as line
      from information_schema.columns where table_schema = 'offers' and table_name not like 'outbox%'
      group by table_name order by table_name`);
    expect(rows.map(({ line }) => line)).toMatchInlineSnapshot(`
      [
        "affiliate: id integer, name text, version integer, revision bigint, created_at timestamp with time zone, updated_at timestamp with time zone",
        "callback: id integer, offer_id integer, affiliate_id integer, goal_id integer?, conversion_status text, name text?, url text, http_type text, basic_auth jsonb?, request_params jsonb, request_headers jsonb, enabled boolean, disabled_reason text?, retry text, timeout_ms integer, max_per_second integer?, ordering text, signing_secrets jsonb, version integer, revision bigint, created_at timestamp with time zone, updated_at timestamp with time zone, deleted_at timestamp with time zone?",
        "configuration_version: kind text, aggregate_id integer, version integer, revision bigint, changed_by text, record json, obsolete_at timestamp with time zone?, tombstoned_at timestamp with time zone?",
        "dead_letter: topic text, partition integer, message_offset bigint, key bytea?, value bytea?, reason text, recorded_at timestamp with time zone, replayed_at timestamp with time zone?, replayed_by text?",
        "goal: id integer, offer_id integer, name text, archived boolean",
        "intake_progress: topic text, partition integer, next_offset bigint, owner text?, epoch bigint, lease_until timestamp with time zone, updated_at timestamp with time zone",
        "keyring: id integer, keys jsonb, version integer, revision bigint, created_at timestamp with time zone, updated_at timestamp with time zone",
        "migrations: id integer, timestamp bigint, name character varying",
        "offer: id integer, name text, status text, goals_enabled boolean, version integer, revision bigint, created_at timestamp with time zone, updated_at timestamp with time zone",
        "revision: only_row boolean, current bigint",
      ]
    `);
  });

  it('has these indexes', async () => {
    const { rows } = await rig.pool.query(
      `select indexdef from pg_indexes where schemaname = 'offers' and tablename not like 'outbox%' and indexname not like '%migrations%' order by indexname`,
    );
    expect(rows.map(({ indexdef }) => indexdef)).toMatchInlineSnapshot(`
      [
        "CREATE UNIQUE INDEX "PK_8c82d7f526340ab734260ea46be" ON offers.migrations USING btree (id)",
        "CREATE INDEX affiliate_name ON offers.affiliate USING gin (name gin_trgm_ops)",
        "CREATE UNIQUE INDEX affiliate_pkey ON offers.affiliate USING btree (id)",
        "CREATE INDEX callback_offer ON offers.callback USING btree (offer_id, id)",
        "CREATE UNIQUE INDEX callback_pkey ON offers.callback USING btree (id)",
        "CREATE INDEX configuration_version_obsolete ON offers.configuration_version USING btree (obsolete_at, revision) WHERE ((obsolete_at IS NOT NULL) AND (tombstoned_at IS NULL))",
        "CREATE UNIQUE INDEX configuration_version_pkey ON offers.configuration_version USING btree (kind, aggregate_id, version)",
        "CREATE UNIQUE INDEX configuration_version_revision_key ON offers.configuration_version USING btree (revision)",
        "CREATE INDEX dead_letter_age ON offers.dead_letter USING btree (recorded_at, topic, partition, message_offset)",
        "CREATE UNIQUE INDEX dead_letter_pkey ON offers.dead_letter USING btree (topic, partition, message_offset)",
        "CREATE UNIQUE INDEX goal_offer_id_id_key ON offers.goal USING btree (offer_id, id)",
        "CREATE UNIQUE INDEX goal_pkey ON offers.goal USING btree (id)",
        "CREATE UNIQUE INDEX intake_progress_pkey ON offers.intake_progress USING btree (topic, partition)",
        "CREATE UNIQUE INDEX keyring_pkey ON offers.keyring USING btree (id)",
        "CREATE INDEX offer_name ON offers.offer USING gin (name gin_trgm_ops)",
        "CREATE UNIQUE INDEX offer_pkey ON offers.offer USING btree (id)",
        "CREATE INDEX offer_status ON offers.offer USING btree (status, id)",
        "CREATE UNIQUE INDEX revision_pkey ON offers.revision USING btree (only_row)",
      ]
    `);
  });

  it('is migrated again, and by two processes at once, without harm', async () => {
    await Promise.all([migrateOffers(rig.databaseUrl), migrateOffers(rig.databaseUrl)]);
    expect((await rig.pool.query('select current from offers.revision')).rows).toEqual([{ current: '0' }]);
  });
});
