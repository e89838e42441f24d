import {
  configurationKey,
  decodeConfigurationEvent,
  parseConfigurationKey,
  type AffiliateVersion,
  type ConfigurationEvent,
  type OfferVersion,
} from '@ringback/contracts';
import { TopicReader, type EventStream } from '@ringback/event-stream';
import type { Logger } from '@ringback/service-runtime';
import type { DataSource, EntityManager } from 'typeorm';
import { pickContent } from '../callbacks/callback-content.js';
import { CallbackEntity } from '../callbacks/callback.entity.js';
import { KEYRING_ID, KeyringEntity } from '../keyring/keyring.entity.js';
import { insertVersion } from './insert-version.js';
import { inTransaction } from './transaction.js';
import type { Versioned } from './versioned.js';

export interface AdoptOptions {
  readonly dataSource: DataSource;
  readonly stream: EventStream;
  /** Full name of `offers.configurations`. */
  readonly topic: string;
  readonly logger: Logger;
  /** Gives up waiting for Kafka. */
  readonly signal: AbortSignal;
}

interface Unknown {
  readonly event: ConfigurationEvent;
  readonly record: string;
}

/**
 * Takes into the database every version on the topic that is newer than all it has: what was acknowledged after the backup that it was
 * restored from. Were they not taken in, the next changes would have their revisions and versions again, and readers, who ignore a version
 * they know, would never learn of them. While nothing was restored it finds nothing.
 * Kafka being away is waited for.
 * @returns how many versions were taken in
 * @throws {EventStreamError} `STOPPED` when told to; what PostgreSQL says
 */
export async function adoptVersions(o: AdoptOptions): Promise<number> {
  const [row]: { current: string }[] = await o.dataSource.query('select current from offers.revision');
  const unknown = await readNewer(o, Number(row!.current));
  if (unknown.size === 0) return 0;
  return inTransaction(o.dataSource, async (manager) => {
    const [locked]: { current: string }[] = await manager.query('select current from offers.revision for update');
    // What another instance changed since the first look is not unknown.
    const versions = [...unknown.values()]
      .filter(({ event }) => event.data.revision > Number(locked!.current))
      .sort((one, other) => one.event.data.revision - other.event.data.revision);
    for (const version of versions) await adopt(manager, version);
    const newest = versions.at(-1);
    if (newest === undefined) return 0;
    await manager.query('update offers.revision set current = $1', [newest.event.data.revision]);
    for (const table of ['affiliate', 'offer', 'goal', 'callback']) await raiseIds(manager, table);
    o.logger.warn(
      { versions: versions.length, from: Number(locked!.current), to: newest.event.data.revision },
      'the topic has versions that the database did not: it was restored, and they were taken in',
    );
    return versions.length;
  });
}

/** Reads the topic whole. @returns by key, what is newer than the revision and was not ended by a tombstone. */
async function readNewer({ stream, topic, logger, signal }: AdoptOptions, revision: number): Promise<Map<string, Unknown>> {
  const newer = new Map<string, Unknown>();
  const reader = new TopicReader({
    stream,
    topic,
    logger,
    onRecord: ({ key, value, offset }) => {
      if (value === null) return void newer.delete(key);
      const record = value.toString('utf8');
      if (revisionOf(record) <= revision) return;
      const decoded = decodeConfigurationEvent(value);
      if (decoded.ok && configurationKey(decoded.event) === key) newer.set(key, { event: decoded.event, record });
      else
        logger.error(
          { key, offset, reason: decoded.ok ? 'not its key' : decoded.reason },
          'a newer version cannot be read: it is left out',
        );
    },
    onFatal: () => undefined, // `start` rejects with it
  });
  const stop = (): void => void reader.stop();
  signal.addEventListener('abort', stop);
  try {
    await reader.start();
    return newer;
  } finally {
    signal.removeEventListener('abort', stop);
    await reader.stop();
  }
}

/** All but a few of the records are known: those are not looked at any further. */
function revisionOf(record: string): number {
  try {
    return (JSON.parse(record) as { data?: { revision?: number } }).data?.revision ?? Infinity;
  } catch {
    return Infinity; // so that whoever decodes it says what is wrong
  }
}

async function adopt(manager: EntityManager, { event, record }: Unknown): Promise<void> {
  const { data } = event;
  const { kind, id, version } = parseConfigurationKey(configurationKey(event))!;
  const deletedAt = event.type === 'CallbackChanged' ? event.data.deletedAt : null;
  const { revision, changedBy, updatedAt } = data;
  await insertVersion(manager, { kind, id, version, revision, changedBy, updatedAt, deletedAt, record });
  const stamp: Versioned = { version, revision, createdAt: new Date(data.createdAt), updatedAt: new Date(updatedAt) };
  switch (event.type) {
    case 'AffiliateChanged':
      return adoptAffiliate(manager, event.data, stamp);
    case 'OfferChanged':
      return adoptOffer(manager, event.data, stamp);
    case 'CallbackChanged': {
      const { offerId } = event.data;
      const content = { ...pickContent(event.data), deletedAt: deletedAt === null ? null : new Date(deletedAt) };
      await manager.save(manager.create(CallbackEntity, { id, offerId, ...content, ...stamp }));
      return;
    }
    case 'KeyringChanged':
      await manager.save(manager.create(KeyringEntity, { id: KEYRING_ID, keys: event.data.keys, ...stamp }));
  }
}

async function adoptAffiliate(manager: EntityManager, { id, name }: AffiliateVersion, s: Versioned): Promise<void> {
  await manager.query(
    `insert into offers.affiliate (id, name, version, revision, created_at, updated_at) overriding system value
     values ($1, $2, $3, $4, $5, $6)
     on conflict (id) do update set name = $2, version = $3, revision = $4, updated_at = $6`,
    [id, name, s.version, s.revision, s.createdAt, s.updatedAt],
  );
}

async function adoptOffer(manager: EntityManager, offer: OfferVersion, s: Versioned): Promise<void> {
  await manager.query(
    `insert into offers.offer (id, name, status, goals_enabled, version, revision, created_at, updated_at) overriding system value
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (id) do update set name = $2, status = $3, goals_enabled = $4, version = $5, revision = $6, updated_at = $8`,
    [offer.id, offer.name, offer.status, offer.goalsEnabled, s.version, s.revision, s.createdAt, s.updatedAt],
  );
  await manager.query(
    `insert into offers.goal (id, offer_id, name, archived) overriding system value
     select id, $1, name, archived from unnest($2::integer[], $3::text[], $4::boolean[]) as goal (id, name, archived)
     on conflict (id) do update set name = excluded.name, archived = excluded.archived`,
    [offer.id, offer.goals.map(({ id }) => id), offer.goals.map(({ name }) => name), offer.goals.map(({ archived }) => archived)],
  );
}

/** No id is drawn twice. */
async function raiseIds(manager: EntityManager, table: string): Promise<void> {
  const [{ sequence }]: [{ sequence: string }] = await manager.query(`select pg_get_serial_sequence('offers.${table}', 'id') as sequence`);
  await manager.query(
    `select setval('${sequence}', newest.id) from (select max(id) as id from offers.${table}) newest, ${sequence} drawn
     where newest.id >= drawn.last_value`,
  );
}
