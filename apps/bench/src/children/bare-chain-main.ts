import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Pool } from 'undici';
import { encodeEvent } from '@ringback/contracts';
import { EventStream, type KafkaClient } from '@ringback/event-stream';
import { serve, sharedClockMs } from './calls.js';
import { conversionEvent } from './event-load.js';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const TICK_MS = 2;

/**
 * The yardstick of latency: insert one row, produce one message, consume it, make one request. One process, no outbox, no look-up, no
 * recording, nothing that would survive anything.
 */
let chain: { db: pg.Pool; client: KafkaClient; send: (value: Buffer) => Promise<void> } | null = null;
let timer: NodeJS.Timeout | null = null;
let accepted: { id: string; atMs: number }[] = [];
const open = new Set<Promise<void>>();

const calls = {
  async open(o: { databaseUrl: string; brokers: string[]; topic: string; port: number }): Promise<void> {
    const db = new pg.Pool({ connectionString: o.databaseUrl, max: 8 });
    await db.query('create table if not exists bare_chain (id uuid primary key, event json not null)');
    const client = new EventStream({ brokers: o.brokers, clientId: 'bench-bare', logger: silent }).client();
    const receiver = new Pool(`http://127.0.0.1:${o.port}`, { connections: 32, pipelining: 1 });
    const producer = client.kafka.producer({ allowAutoTopicCreation: false });
    const consumer = client.kafka.consumer({ groupId: `bare-${randomUUID()}`, maxWaitTimeInMs: 500 });
    await Promise.all([producer.connect(), consumer.connect()]);
    await consumer.subscribe({ topic: o.topic, fromBeginning: true });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({
      // Committing would stand between two fetches.
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) {
          const event = JSON.parse(value!.toString('utf8')) as { data: { conversion: { id: string } } };
          void receiver
            .request({ method: 'POST', path: `/bare/${event.data.conversion.id}`, body: value! })
            .then(({ body }) => body.dump())
            .catch(() => undefined);
        }
      },
    });
    await joined;
    chain = { db, client, send: async (value) => void (await producer.send({ topic: o.topic, messages: [{ key: randomUUID(), value }] })) };
  },
  /** Sends so many a second through the chain until `stop`. */
  start(perSecond: number): void {
    accepted = [];
    let sent = 0;
    const startedAt = performance.now();
    const one = async () => {
      const event = conversionEvent(1, 1, 1, Date.now());
      const { id } = event.data.conversion;
      const value = encodeEvent(event);
      await chain!.db.query({
        name: 'bare',
        text: 'insert into bare_chain (id, event) values ($1, $2)',
        values: [id, value.toString('utf8')],
      });
      accepted.push({ id, atMs: sharedClockMs() });
      await chain!.send(value);
    };
    timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000);
      while (sent < due) {
        sent++;
        const going: Promise<void> = one().finally(() => open.delete(going));
        open.add(going);
      }
    }, TICK_MS);
  },
  /** @returns when each was inserted, by the shared clock */
  async stop(): Promise<{ id: string; atMs: number }[]> {
    if (timer !== null) clearInterval(timer);
    timer = null;
    await Promise.all(open);
    return accepted;
  },
};
export type BareChainCalls = typeof calls;
serve(calls);
