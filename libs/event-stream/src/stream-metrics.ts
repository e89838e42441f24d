import pg from 'pg';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { EventStreamStrategy } from './event-stream-strategy.js';
import type { OutboxRelay } from './outbox-relay.js';

/** Whoever scrapes how often: Kafka is asked no more than this often, in ms. */
const LAG_KEPT_MS = 10_000;
/** PostgreSQL is, in ms: with what an idle service asks anyway that is less than one statement a second. */
const DEAD_LETTERS_KEPT_MS = 60_000;
/** Letters that wait for a person are not counted any further. */
const MAX_DEAD_LETTERS = 10_000;

type Lag = ReadonlyMap<string, ReadonlyMap<number, number>>;
const UNKNOWN: Lag = new Map();

/** Shows what waits in a service's outbox, and what its relay did. */
export function showOutbox(registry: Registry, relay: OutboxRelay): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `ringback_outbox_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name: `ringback_outbox_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  gauge('rows', 'Rows that wait to be published, over all processes of the service', () => relay.waiting.count);
  gauge('oldest_age_seconds', 'How long the oldest row has waited; 0 where none does', () => relay.waiting.oldestMs / 1_000);
  gauge('lease_held', '1 in the process that publishes', () => (relay.isPublishing ? 1 : 0));
  counter('published_total', 'Rows that this process published', () => relay.publishedCount);
  counter('set_aside_total', 'Rows that Kafka will never take, set aside by this process', () => relay.setAsideCount);
}

/** Shows how far a service's consumers are behind. */
export function showIntake(registry: Registry, intake: Pick<EventStreamStrategy, 'health' | 'lag'>): void {
  const registers = [registry];
  let asked: { readonly atMs: number; readonly lag: Promise<Lag> } | null = null;
  new Gauge({
    name: 'ringback_consumer_lag',
    help: 'Messages in Kafka that are not recorded yet, of partitions held by this process; absent while Kafka does not answer',
    labelNames: ['topic', 'partition'],
    registers,
    async collect() {
      const nowMs = performance.now();
      const isAway = Object.values(intake.health()).some(({ waitingFor }) => waitingFor === 'kafka');
      if (!isAway && (asked === null || nowMs - asked.atMs >= LAG_KEPT_MS)) asked = { atMs: nowMs, lag: intake.lag().catch(() => UNKNOWN) };
      const lag = isAway ? UNKNOWN : await asked!.lag;
      this.reset();
      for (const [topic, partitions] of lag)
        for (const [partition, messages] of partitions) this.set({ topic, partition: String(partition) }, messages);
    },
  });
  new Gauge({
    name: 'ringback_consumer_partitions',
    help: 'Partitions assigned to this process, by what it does with them',
    labelNames: ['topic', 'state'],
    registers,
    collect() {
      for (const [topic, { partitions }] of Object.entries(intake.health()))
        for (const state of ['waiting', 'live', 'expired', 'draining'])
          this.set({ topic, state }, partitions.filter((partition) => partition.state === state).length);
    },
  });
}

/** Shows how many dead letters of a service nobody has replayed. */
export function showDeadLetters(registry: Registry, { pool, schema }: { readonly pool: pg.Pool; readonly schema: string }): void {
  const text = `select count(*)::integer as letters
    from (select from ${pg.escapeIdentifier(schema)}.dead_letter where replayed_at is null limit ${MAX_DEAD_LETTERS}) as counted`;
  let askedAtMs = -Infinity;
  new Gauge({
    name: 'ringback_dead_letters',
    help: `Messages that could not be read and were not replayed, over all processes of the service; counted up to ${MAX_DEAD_LETTERS}`,
    registers: [registry],
    async collect() {
      const nowMs = performance.now();
      if (nowMs - askedAtMs < DEAD_LETTERS_KEPT_MS) return;
      askedAtMs = nowMs;
      // Away: what was known is shown, and that PostgreSQL is away is told elsewhere.
      const answer = await pool.query<{ letters: number }>({ name: 'count-dead-letters', text }).catch(() => null);
      if (answer !== null) this.set(answer.rows[0]!.letters);
    },
  });
}
