import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxTablesSql } from '@ringback/event-stream';

/**
 * What the dispatchers of a deployment know together: who is alive, which destinations and callbacks are broken, what admins paused, and
 * how long a callback has been failing; and the outbox of what they announce. All of it is small, and empty where all is well.
 */
export class ShareTheStateOfDestinations1764000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(outboxTablesSql('dispatcher'));
    await runner.query(`
      create table dispatcher.member (
        instance_id text primary key,
        seen_at timestamptz not null
      ) with (fillfactor = 50);
      comment on table dispatcher.member is 'live dispatchers, by the clock of PostgreSQL: limits of the deployment are shared among them';

      create type dispatcher.breaker_scope as enum ('destination', 'callback');
      create table dispatcher.breaker (
        scope dispatcher.breaker_scope not null,
        key text not null,
        opened_at timestamptz not null,
        open_until timestamptz not null,
        openings integer not null,
        reason text not null,
        primary key (scope, key)
      ) with (fillfactor = 50);
      comment on table dispatcher.breaker is 'open breakers; whoever moves open_until once it is over may send the probe';

      create type dispatcher.pause_scope as enum ('all', 'destination', 'affiliate', 'callback');
      create table dispatcher.pause (
        id integer generated always as identity primary key,
        scope dispatcher.pause_scope not null,
        key text not null default '',
        reason text,
        created_by text not null,
        created_at timestamptz not null,
        unique (scope, key)
      );

      create table dispatcher.callback_health (
        callback_id integer primary key,
        version integer not null,
        failing_since timestamptz not null,
        failed_attempts integer not null,
        failed_days smallint not null,
        last_failed_day date not null,
        announced_days smallint not null default 0,
        disabled_version integer
      ) with (fillfactor = 70);
      comment on table dispatcher.callback_health is 'callbacks without a success since failing_since; a success deletes the row';

      alter table dispatcher.parked add column ordered boolean not null default false;
      create index parked_ordered on dispatcher.parked (conversion_id, destination, conversion_version) where ordered;
      alter table dispatcher.parked_queue
        add column affiliate_id integer not null default 0,
        add column draining boolean not null default false;
      create index parked_queue_draining on dispatcher.parked_queue (callback_id) where draining;
    `);
  }

  async down(): Promise<void> {
    throw new Error('what was parked since may be ordered: restore the database instead');
  }
}
