import {
  configurationKey,
  encodeEvent,
  MAX_MESSAGE_BYTES,
  OFFERS_SOURCE,
  parseConfigurationKey,
  type ConfigurationEvent,
} from '@ringback/contracts';
import { appendToOutbox } from '@ringback/event-stream';
import { problem } from '@ringback/service-runtime';
import type { ClientBase } from 'pg';
import type { EntityManager } from 'typeorm';
import { SCHEMA } from '../schema.js';
import { insertVersion } from './insert-version.js';
import type { Versioned } from './versioned.js';

/** What a new version of an aggregate is stamped with. */
export type Stamp = Pick<Versioned, 'version' | 'revision' | 'createdAt' | 'updatedAt'>;

/** The stamp as the record on Kafka carries it. */
export type RecordStamp = { revision: number; version: number; changedBy: string; createdAt: string; updatedAt: string };

/** One change under way: its transaction, which holds the counter of revisions, and the one version that it may write. */
export class Change {
  #recorded = false;

  constructor(
    /** The transaction. */
    readonly manager: EntityManager,
    /** The revision that the change gets when it writes a version. */
    readonly revision: number,
    private readonly changedBy: string,
    private readonly nowMs: number,
    private readonly topic: string,
  ) {}

  get recorded(): boolean {
    return this.#recorded;
  }

  /**
   * @returns the stamp of the version after `previous`, or of the first one. Its time is never before the previous version's, however the
   *   clocks of two instances differ: tombstones are written in the order of these times.
   */
  stamp(previous?: Versioned): Stamp {
    const updatedAt = new Date(Math.max(this.nowMs, previous?.updatedAt.getTime() ?? 0));
    return { version: (previous?.version ?? 0) + 1, revision: this.revision, createdAt: previous?.createdAt ?? updatedAt, updatedAt };
  }

  /** @returns the stamp for the record's data. */
  recordStamp(stamp: Stamp): RecordStamp {
    return {
      revision: stamp.revision,
      version: stamp.version,
      changedBy: this.changedBy,
      createdAt: stamp.createdAt.toISOString(),
      updatedAt: stamp.updatedAt.toISOString(),
    };
  }

  /**
   * Writes the version: its row, the end of the version before it, and the outbox row whose id is the revision.
   * The record's bytes are made here, once; whoever repeats them sends the same bytes under the same key.
   * @throws {ProblemError} 422 when the record is larger than Kafka takes.
   */
  async record<Type extends ConfigurationEvent['type']>(
    type: Type,
    data: Extract<ConfigurationEvent, { type: Type }>['data'] & { deletedAt?: string | null },
  ): Promise<void> {
    if (this.#recorded) throw new Error('a change is one version: it was recorded already');
    const event = {
      specversion: '1.0',
      source: OFFERS_SOURCE,
      type,
      time: data.updatedAt,
      datacontenttype: 'application/json',
      data,
    } as never;
    const key = configurationKey(event);
    const { kind, id } = parseConfigurationKey(key)!;
    const value = encodeEvent({ ...(event as ConfigurationEvent), id: key });
    if (value.byteLength > MAX_MESSAGE_BYTES) throw problem.unprocessable([tooLarge(data, value.byteLength)]);

    const { revision, changedBy, updatedAt } = data;
    const record = value.toString('utf8');
    await insertVersion(this.manager, {
      kind,
      id,
      version: data.version,
      revision,
      changedBy,
      updatedAt,
      deletedAt: data.deletedAt ?? null,
      record,
    });
    const client = (await this.manager.queryRunner!.connect()) as ClientBase;
    await appendToOutbox(client, SCHEMA, [{ id: data.revision, topic: this.topic, key, value }]);
    await this.manager.query('update offers.revision set current = $1', [data.revision]);
    this.#recorded = true;
  }
}

/** Names the field that takes the most room. */
function tooLarge(data: object, bytes: number): { path: string; message: string } {
  const sizes = Object.entries(data).map(([field, value]) => ({ field, size: JSON.stringify(value)?.length ?? 0 }));
  const largest = sizes.reduce((a, b) => (b.size > a.size ? b : a));
  return { path: largest.field, message: `makes the record too large: ${bytes} of at most ${MAX_MESSAGE_BYTES} bytes` };
}
