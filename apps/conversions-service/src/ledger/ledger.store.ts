import { appendToOutbox, type OutboxRow } from '@ringback/event-stream';
import type pg from 'pg';
import { LedgerError } from './ledger-error.js';
import type { EncodedEvent, LedgerWrites } from './ledger-writes.js';
import { deleteWaiting } from './statements/delete-waiting.js';
import { insertRecorded } from './statements/insert-recorded.js';
import { insertWaiting } from './statements/insert-waiting.js';
import { updateChanged } from './statements/update-changed.js';

/** The schema that holds all tables of this service. */
export const SCHEMA = 'conversions';

/** Full names, with the deployment's prefix. */
export interface LedgerTopics {
  readonly events: string;
  readonly rejections: string;
}

/**
 * Writes what a draft decided, in the caller's transaction: rows, then events, whose ids are so drawn under their conversions' row locks.
 * Order of locks of all writers: known conversions by id, keys, new conversions, waiting commands.
 * @returns the outbox id of the last event; undefined without one
 * @throws {LedgerError} `raced`: what was read is outdated; roll back and decide again.
 */
export async function writeLedger(client: pg.ClientBase, topics: LedgerTopics, writes: LedgerWrites): Promise<number | undefined> {
  if (writes.keys.length + writes.created.length > 0) {
    const inserted = await insertRecorded(client, writes);
    const answered = new Set(writes.answeredWaiting);
    const overlooked = inserted.waiting.some((seq) => !answered.has(seq));
    if (inserted.held < writes.keys.length || inserted.recorded < writes.created.length || overlooked) throw raced();
  }
  if (writes.changed.length > 0) await updateChanged(client, writes);
  if (writes.answeredWaiting.length > 0) {
    const deleted = await deleteWaiting(client, writes.answeredWaiting);
    if (deleted < writes.answeredWaiting.length) throw raced();
  }
  if (writes.newWaiting.length > 0) {
    const inserted = await insertWaiting(client, writes.newWaiting);
    if (inserted < writes.newWaiting.length) throw raced();
  }
  const rows = [...outboxRows(topics.events, writes.events), ...outboxRows(topics.rejections, writes.rejections)];
  return rows.length === 0 ? undefined : (await appendToOutbox(client, SCHEMA, rows)).at(-1);
}

function outboxRows(topic: string, events: readonly EncodedEvent[]): OutboxRow[] {
  return events.map(({ key, value }) => ({ topic, key, value }));
}

function raced(): LedgerError {
  return new LedgerError('raced', 'another transaction recorded one of the same keys or transactions meanwhile');
}
