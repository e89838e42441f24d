import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { Backoff } from './backoff.js';
import { withDeadline } from './deadline.js';
import type { EventStreamLogger } from './kafka-log.js';
import { timed } from './outbox-lease.js';
import { outboxNames } from './outbox-names.js';

export interface OutboxNotificationsOptions {
  pool: pg.Pool;
  schema: string;
  queryTimeoutMs: number;
  logger: EventStreamLogger;
  /** `null` after a new connection: notifications may have been missed. */
  onNotified(payload: string | null): void;
}

/** Between two notifications of one process there is at least this, so that a busy writer does not keep PostgreSQL busy with them. */
const SPACING_MS = 3;

/** Tells the relay in another process of new rows, and hears it from others. Never the only way: connections break, so relays also look. */
export class OutboxNotifications {
  readonly #options: OutboxNotificationsOptions;
  readonly #stop = new AbortController();
  #listening: Promise<void> = Promise.resolve();
  #sending: Promise<void> | null = null;
  #isSendWanted = false;

  constructor(options: OutboxNotificationsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#listening = this.#listen();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#listening;
    await this.#sending;
  }

  /** One notification for all calls that arrive while one is under way. */
  notify(): void {
    this.#isSendWanted = true;
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
  }

  async #send(): Promise<void> {
    const { pool, schema, queryTimeoutMs, logger } = this.#options;
    while (this.#isSendWanted && !this.#stop.signal.aborted) {
      this.#isSendWanted = false;
      try {
        await pool.query(timed(queryTimeoutMs, { text: `select pg_notify($1, '')`, values: [outboxNames(schema).channel] }));
      } catch (error) {
        logger.debug({ err: error }, 'outbox: could not notify; the relay finds the rows when it looks');
      }
      await pause(SPACING_MS);
    }
  }

  async #listen(): Promise<void> {
    const { pool, schema, queryTimeoutMs, logger, onNotified } = this.#options;
    const { signal } = this.#stop;
    const backoff = new Backoff({ firstMs: 100, maxMs: 2_000 });
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    while (!signal.aborted) {
      // The pool's own options object: it hides the password from enumeration, so a copy would lack it.
      const client = new pg.Client(pool.options);
      const ended = new Promise<void>((resolve) => client.once('end', resolve));
      client.on('error', (error) => logger.debug({ err: error }, 'outbox: the connection that listens broke'));
      client.on('notification', ({ payload }) => onNotified(payload ?? ''));
      try {
        await withDeadline(client.connect(), queryTimeoutMs, 'connecting to listen');
        await client.query(timed(queryTimeoutMs, { text: `listen ${outboxNames(schema).channel}` }));
        backoff.succeeded();
        onNotified(null);
        await Promise.race([ended, stopped]);
      } catch (error) {
        if (!signal.aborted) logger.debug({ err: error }, 'outbox: cannot listen yet');
      }
      end(client);
      await pause(backoff.failed(), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Says good-bye without waiting for it: a server that hangs never answers. */
function end(client: pg.Client): void {
  client.end().catch(() => undefined);
}
