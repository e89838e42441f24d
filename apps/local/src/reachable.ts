import { EventStream, type EventStreamLogger } from '@ringback/event-stream';
import type { KafkaConnection } from '@ringback/service-runtime';
import { isPortFree } from '@ringback/testbed';
import pg from 'pg';
import { LocalError, oneLine } from './local-error.js';

const TIMEOUT_MS = 5_000;
const silent: EventStreamLogger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** @throws {LocalError} DATABASE_UNREACHABLE: one line with the remedy; the password is not in it. */
export async function checkDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } catch (cause) {
    throw new LocalError(
      'DATABASE_UNREACHABLE',
      `DATABASE_URL cannot be used (${oneLine(cause)}): start that PostgreSQL or correct the URL; unset it, and Ringback brings its own`,
      { cause },
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** @throws {LocalError} KAFKA_UNREACHABLE: one line with the remedy. */
export async function checkKafka(kafka: KafkaConnection): Promise<void> {
  const client = new EventStream({ ...kafka, clientId: 'ringback-start', logger: silent }).client({
    requestTimeoutMs: TIMEOUT_MS,
    connectionTimeoutMs: TIMEOUT_MS,
  });
  try {
    const admin = client.kafka.admin({ retry: { retries: 0 } });
    await admin.connect();
    await admin.listTopics();
    await admin.disconnect();
  } catch (cause) {
    throw new LocalError(
      'KAFKA_UNREACHABLE',
      `KAFKA_BROKERS=${kafka.brokers.join(',')} cannot be reached (${oneLine(cause)}): start that Kafka or correct the address; unset it, and Ringback brings its own`,
      { cause },
    );
  } finally {
    client.cutOff();
  }
}

/** @throws {LocalError} PORT_IN_USE naming the first port that is taken, and the variable that moves it. */
export async function checkPorts(ports: readonly { port: number; what: string; variable: string }[]): Promise<void> {
  for (const { port, what, variable } of ports)
    if (port !== 0 && !(await isPortFree(port)))
      throw new LocalError('PORT_IN_USE', `port ${port} of ${what} is in use: stop what listens there, or set ${variable} to another port`);
}
