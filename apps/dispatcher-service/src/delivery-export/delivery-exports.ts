import { Readable } from 'node:stream';
import type pg from 'pg';
import { deliveryIdFloor, type DeliveryExportQuery } from '@ringback/contracts';
import { ProblemError, type Logger } from '@ringback/service-runtime';
import { exportHead, exportLines } from './export-lines.js';
import { readExportChunk } from './read-export-chunk.js';

/** Rows looked at by one statement: some 1 MB of lines, 20 to 50 ms. */
const CHUNK_ROWS = 2_000;
const MAX_OF_ONE_CALLER = 2;
const MAX_AT_ONCE = 4;
/** Whoever takes nothing for this long, in ms, is gone, and holds a place that others wait for. */
const STALLED_AFTER_MS = 60_000;
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';
const ABOVE_ALL_IDS = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * Exports of the delivery log: a few at once, each a chunk in memory. What reads slowly is not read ahead for; whoever goes away ends the
 * export after the chunk in hand. An export that cannot go on breaks off its connection, so that nobody takes a part for the whole.
 */
export class DeliveryExports {
  readonly #running = new Map<Readable, string>();
  #stopped = false;

  constructor(
    private readonly pool: pg.Pool,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  /**
   * @param caller of whom there may be no more than two at once
   * @param offerIds the offers that the caller may see; null: all
   * @throws {ProblemError} 429 while too many are under way
   */
  start(query: DeliveryExportQuery, caller: string, offerIds: readonly number[] | null): Readable {
    const ofCaller = [...this.#running.values()].filter((name) => name === caller).length;
    if (ofCaller >= MAX_OF_ONE_CALLER) throw tooMany(`${ofCaller} exports of yours are under way`);
    if (this.#running.size >= MAX_AT_ONCE) throw tooMany(`${this.#running.size} exports are under way`);
    let stalled: NodeJS.Timeout | undefined;
    const stream = Readable.from(
      this.#lines(query, offerIds, (isWaiting) => {
        clearTimeout(stalled);
        if (isWaiting) stalled = setTimeout(() => stream.destroy(new Error('nobody reads it')), STALLED_AFTER_MS);
      }),
      { objectMode: false, highWaterMark: 64 * 1024 },
    );
    this.#running.set(stream, caller);
    stream.on('error', (error) => this.logger.warn({ error, caller }, 'an export broke off'));
    stream.once('close', () => {
      clearTimeout(stalled);
      this.#running.delete(stream);
    });
    return stream;
  }

  get underWay(): number {
    return this.#running.size;
  }

  /** Breaks off what is under way: a process that stops does not wait for minutes. */
  stop(): void {
    this.#stopped = true;
    for (const stream of this.#running.keys()) stream.destroy(new Error('the service stops'));
  }

  /** @param onWaiting told true when what was read waits for its reader, false when that has taken it */
  async *#lines(
    { format, ...filter }: DeliveryExportQuery,
    offerIds: readonly number[] | null,
    onWaiting: (isWaiting: boolean) => void,
  ): AsyncGenerator<string> {
    const lowest = filter.from === undefined ? LOWEST_ID : deliveryIdFloor(Math.max(0, Date.parse(filter.from)));
    let below: string | null = filter.to === undefined ? ABOVE_ALL_IDS : deliveryIdFloor(Math.max(0, Date.parse(filter.to)));
    const head = exportHead(format);
    if (head !== '') yield head;
    while (below !== null && !this.#stopped) {
      const { deliveries, nextBelow } = await readExportChunk(this.pool, filter, offerIds, { lowest, below, rows: CHUNK_ROWS });
      below = nextBelow;
      if (deliveries.length === 0) continue;
      onWaiting(true);
      yield exportLines(deliveries, format);
      onWaiting(false);
    }
    if (below !== null) throw new Error('the service stops');
  }
}

function tooMany(detail: string): ProblemError {
  return new ProblemError(429, `${detail}: try again when one has ended`, { headers: { 'retry-after': '10' } });
}
