import { isUtf8 } from 'node:buffer';
import {
  deadLetterId,
  MAX_REPLAYED,
  type DeadLetterDetail,
  type DeadLetterListQuery,
  type DeadLetterPage,
  type DeadLetterPosition,
  type DeadLetterService,
  type DeadLettersReplay,
  type DeadLettersReplayInput,
  type DeadLetterView,
} from '@ringback/contracts';
import type pg from 'pg';
import {
  findDeadLetter,
  listDeadLetters,
  lockDeadLetters,
  markReplayed,
  type DeadLetterFilter,
  type DeadLetterRow,
  type WholeDeadLetterRow,
} from './dead-letter-rows.js';
import { EventStreamError } from './event-stream-error.js';
import type { Publisher } from './publisher.js';

/** Of a value that is shown. */
const MAX_SHOWN_BYTES = 64 * 1024;
/** Letters, and bytes, of one transaction and one request to Kafka, which measures what goes to a partition together. */
const CHUNK_LETTERS = 50;
const CHUNK_BYTES = 200 * 1024;
const MAX_REFUSED_SHOWN = 100;

export interface DeadLetterArchiveOptions {
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly service: DeadLetterService;
  /** Full names of the topics whose messages are worked one by one: into these a letter can be put once more. */
  readonly intakeTopics: readonly string[];
  readonly publisher: Pick<Publisher, 'send'>;
}

/** What came of a replay. `refused`: it cannot be, and why; `unavailable`: Kafka is away. */
export type ReplayOutcome =
  | { readonly kind: 'replayed'; readonly letter: DeadLetterView }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unavailable'; readonly cause: unknown };

/**
 * The dead letters of a service: to be read, and replayed. A replay puts the message into its topic once more, key and bytes as they came,
 * so it goes the way of any other, in order with what comes after it: what the service knows already it does not do again, and what still
 * cannot be read becomes a letter of its own. It is marked once Kafka has it; a process that dies in between leaves a letter that can be
 * replayed again, which does no more than a message that Kafka delivers twice.
 */
export class DeadLetterArchive {
  constructor(private readonly options: DeadLetterArchiveOptions) {}

  /** A page, newest first. @param before the last of the page before */
  async list(query: DeadLetterListQuery, before: DeadLetterPosition | null): Promise<Pick<DeadLetterPage, 'items'> & { more: boolean }> {
    const { pool, schema, service } = this.options;
    if (query.service !== undefined && query.service !== service) return { items: [], more: false };
    const filter = filterOf(query, query.replayed ?? null);
    const rows = await listDeadLetters(pool, schema, filter, before, query.limit + 1);
    return { items: rows.slice(0, query.limit).map((row) => this.#view(row)), more: rows.length > query.limit };
  }

  async find(position: DeadLetterPosition): Promise<DeadLetterDetail | null> {
    const row = await findDeadLetter(this.options.pool, this.options.schema, position);
    return row === null ? null : { ...this.#view(row), key: shown(row.key), value: shown(row.value) };
  }

  /** @param by who asks, for the letter. @param force also when it was replayed before */
  async replay(position: DeadLetterPosition, by: string, force: boolean): Promise<ReplayOutcome> {
    const { schema, publisher } = this.options;
    return this.#inTransaction(async (client) => {
      const row = await findDeadLetter(client, schema, position, 'for update');
      if (row === null) return { kind: 'not-found' };
      const why = this.#refusal(row) ?? (row.replayed_at === null || force ? null : replayedBefore(row.replayed_at));
      if (why !== null) return { kind: 'refused', why };
      try {
        await publisher.send([outgoing(row)]);
      } catch (error) {
        if (!(error instanceof EventStreamError)) throw error;
        if (error.code === 'RECORDS_REFUSED') return { kind: 'refused', why: error.message };
        return { kind: 'unavailable', cause: error };
      }
      await markReplayed(client, schema, [row], by);
      const marked = await findDeadLetter(client, schema, position);
      return { kind: 'replayed', letter: this.#view(marked!) };
    });
  }

  /**
   * Replays what matches and was not replayed before, the oldest first. Kafka may go away in between: those that are marked were replayed,
   * of the next some may have been, and all of these are found when it is asked for again.
   */
  async replayAll(input: DeadLettersReplayInput, by: string): Promise<DeadLettersReplay | Extract<ReplayOutcome, { kind: 'unavailable' }>> {
    try {
      return await this.#replayAll(input, by);
    } catch (error) {
      if (error instanceof EventStreamError && error.code === 'KAFKA_UNAVAILABLE') return { kind: 'unavailable', cause: error };
      throw error;
    }
  }

  async #replayAll(input: DeadLettersReplayInput, by: string): Promise<DeadLettersReplay> {
    const { schema, service } = this.options;
    const answer = { replayed: 0, refusedCount: 0, refused: [] as DeadLettersReplay['refused'], more: false };
    if (input.service !== undefined && input.service !== service) return answer;
    const filter = filterOf(input, false);
    const limit = Math.min(input.limit, MAX_REPLAYED);
    let after: DeadLetterPosition | null = null;
    while (answer.replayed + answer.refusedCount < limit) {
      const wanted = Math.min(CHUNK_LETTERS, limit - answer.replayed - answer.refusedCount);
      const last: DeadLetterPosition | null = await this.#inTransaction(async (client) => {
        const rows = await lockDeadLetters(client, schema, filter, after, wanted);
        const good = rows.filter((row) => {
          const why = this.#refusal(row);
          if (why === null) return true;
          answer.refusedCount++;
          if (answer.refused.length < MAX_REFUSED_SHOWN) answer.refused.push({ id: this.#view(row).id, why });
          return false;
        });
        await this.#publish(good);
        await markReplayed(client, schema, good, by);
        answer.replayed += good.length;
        return rows.length < wanted ? null : positionOf(rows.at(-1)!);
      });
      if (last === null) return answer;
      after = last;
    }
    return { ...answer, more: true };
  }

  async #publish(rows: readonly WholeDeadLetterRow[]): Promise<void> {
    let chunk: WholeDeadLetterRow[] = [];
    let bytes = 0;
    for (const row of rows) {
      const size = (row.key?.length ?? 0) + row.value!.length;
      if (chunk.length > 0 && bytes + size > CHUNK_BYTES) {
        await this.options.publisher.send(chunk.map(outgoing));
        chunk = [];
        bytes = 0;
      }
      chunk.push(row);
      bytes += size;
    }
    await this.options.publisher.send(chunk.map(outgoing));
  }

  /** @returns why a letter cannot be replayed, whoever asks; null: it can. */
  #refusal({ topic, reason, value, key }: WholeDeadLetterRow): string | null {
    if (!this.options.intakeTopics.includes(topic))
      return `${topic} is read whole at every start, so there is nothing to put into it again: restart the service once it can read this`;
    // The log cannot tell whether it was delivered: once more it would be refused for the same reason.
    if (reason.startsWith('too-old:')) return reason;
    if (value === null) return 'it has no value, or none any more: there is nothing to read';
    if (key !== null && !isUtf8(key)) return 'its key is no text: it would go to another partition';
    return null;
  }

  #view(row: DeadLetterRow): DeadLetterView {
    const position = positionOf(row);
    return {
      id: deadLetterId(this.options.service, position),
      service: this.options.service,
      ...position,
      reason: row.reason,
      recordedAt: row.recorded_at.toISOString(),
      replayedAt: row.replayed_at?.toISOString() ?? null,
      replayedBy: row.replayed_by,
    };
  }

  async #inTransaction<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.options.pool.connect();
    let isBroken = true;
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      isBroken = false;
      return result;
    } finally {
      // Closed, whatever was begun is rolled back.
      client.release(isBroken);
    }
  }
}

function filterOf({ reason, from, to }: DeadLettersReplayInput | DeadLetterListQuery, isReplayed: boolean | null): DeadLetterFilter {
  return {
    code: reason ?? null,
    fromMs: from === undefined ? null : Date.parse(from),
    toMs: to === undefined ? null : Date.parse(to),
    isReplayed,
  };
}

function positionOf({ topic, partition, message_offset }: DeadLetterRow): DeadLetterPosition {
  return { topic, partition, offset: Number(message_offset) };
}

function replayedBefore(at: Date): string {
  return `it was replayed ${at.toISOString()}: with "force" it is once more`;
}

function outgoing({ topic, key, value }: WholeDeadLetterRow) {
  return { topic, key: key === null ? '' : key.toString('utf8'), value };
}

/** Text where it is UTF-8, else base64; up to 64 KiB. */
function shown(bytes: Buffer | null): DeadLetterDetail['value'] {
  if (bytes === null) return null;
  const truncated = bytes.length > MAX_SHOWN_BYTES;
  const kept = bytes.subarray(0, MAX_SHOWN_BYTES);
  for (let cut = 0; cut < (truncated ? 4 : 1); cut++) {
    const whole = kept.subarray(0, kept.length - cut);
    if (isUtf8(whole)) return { text: whole.toString('utf8'), bytes: bytes.length, truncated };
  }
  return { base64: kept.toString('base64'), bytes: bytes.length, truncated };
}
