// A relay as a process of its own. It can be told to stop itself (SIGSTOP) in mid-send: with the lease checked and the rows in hand, or
// with the request on its way.
import { setImmediate as turn } from 'node:timers/promises';
import './source-hook.mjs';

const { default: pg } = await import('pg');
const { EventStream } = await import('../kafka.ts');
const { Publisher } = await import('../publisher.ts');
const { OutboxRelay } = await import('../outbox-relay.ts');

const { databaseUrl, brokers, schema, instanceId } = JSON.parse(process.argv[2]);
const say = (message) => process.send(message);
const note = (fields, message) => say({ type: 'log', message, error: fields.err?.message });
const logger = { debug: () => {}, info: note, warn: note, error: note };

const pool = new pg.Pool({ connectionString: databaseUrl, max: 5, connectionTimeoutMillis: 2_000 });
pool.on('error', () => {});
const publisher = new Publisher(new EventStream({ brokers, clientId: instanceId, logger }));
let freeze = null;
const relay = new OutboxRelay({
  pool,
  schema,
  logger,
  instanceId,
  maxRows: 100_000,
  publisher: {
    async send(records) {
      const mode = freeze;
      freeze = null;
      if (mode !== null) say({ type: 'freezing', values: records.map(({ value }) => value?.toString() ?? null) });
      // The message must have left before the process stands still.
      if (mode !== null) await turn();
      if (mode === 'before-send') process.kill(process.pid, 'SIGSTOP');
      const sending = publisher.send(records);
      if (mode === 'in-flight') {
        // kafkajs writes to its socket a few turns later; the acknowledgement needs Kafka and so comes after that.
        for (let turns = 0; turns < 3; turns++) await turn();
        process.kill(process.pid, 'SIGSTOP');
      }
      await sending;
      say({ type: 'sent', count: records.length });
    },
  },
});
process.on('message', async (message) => {
  if (message.type === 'freeze') freeze = message.mode;
  if (message.type === 'wake') relay.wake();
  if (message.type === 'stop') {
    await relay.stop();
    await publisher.close();
    await pool.end();
    process.disconnect();
  }
});
relay.start();
say({ type: 'started' });
