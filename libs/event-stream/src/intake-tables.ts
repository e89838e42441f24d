import pg from 'pg';

/**
 * DDL of what a service that consumes needs, for one of its migrations:
 * - `<schema>.intake_progress`: one row per partition; how far its messages are recorded (`next_offset`), and who works it. `owner` null:
 *   nobody. `epoch` goes up with every acquisition and never down. `lease_until` is compared with PostgreSQL's clock only.
 * - `<schema>.dead_letter`: what could not be read or worked, as it came, with its reason.
 */
export function intakeTablesSql(schema: string): string {
  const name = pg.escapeIdentifier(schema);
  return `
create table ${name}.intake_progress (
  topic text not null,
  partition integer not null,
  next_offset bigint not null default 0 check (next_offset >= 0),
  owner text,
  epoch bigint not null,
  lease_until timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (topic, partition)
) with (fillfactor = 50);

create table ${name}.dead_letter (
  topic text not null,
  partition integer not null,
  message_offset bigint not null,
  key bytea,
  value bytea,
  reason text not null,
  recorded_at timestamptz not null default now(),
  primary key (topic, partition, message_offset)
);
`;
}

/** DDL of what the replay of dead letters needs, for a migration after the one with {@link intakeTablesSql}. */
export function deadLetterReplaySql(schema: string): string {
  const name = pg.escapeIdentifier(schema);
  return `
alter table ${name}.dead_letter add column replayed_at timestamptz, add column replayed_by text;
create index dead_letter_age on ${name}.dead_letter (recorded_at, topic, partition, message_offset);
`;
}
