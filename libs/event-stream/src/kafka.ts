import { connect, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { Kafka, logLevel, type KafkaConfig, type SASLOptions } from 'kafkajs';
import { type EventStreamLogger, kafkaLogCreator } from './kafka-log.js';
import { silenceKafkajsTimerWarning } from './timer-warning.js';

export interface KafkaOptions {
  /** `host:port`, at least one. */
  brokers: string[];
  /** PEM texts; without `ca`, the authorities that Node knows are trusted. Absent: not encrypted. */
  tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Who the client is, towards brokers that ask. */
  sasl?: { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string };
  /** Shown in the broker's logs and metrics. */
  clientId: string;
  logger: EventStreamLogger;
}

export interface ClientOptions {
  /** How long an answer may take, in ms; kafkajs waits longer only where the request itself asks Kafka to wait. */
  requestTimeoutMs?: number;
  /** How long a connection may take to come up, in ms. */
  connectionTimeoutMs?: number;
  /** How often kafkajs itself tries again what failed. Default 0. A consumer that keeps its membership through an outage never gives up. */
  retries?: number;
}

/** kafkajs with sockets of its own, so that it can be given up at once, whatever it waits for. */
export interface KafkaClient {
  readonly kafka: Kafka;
  /** Destroys every socket, now and for good: what is in flight fails, and nothing connects through this client again. */
  cutOff(): void;
}

/** The door to Kafka: everything in this library is given one. Opens no connection of its own. */
export class EventStream {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: EventStreamLogger;
  readonly #security: Pick<KafkaConfig, 'ssl' | 'sasl'>;
  #clients = 0;

  constructor(options: KafkaOptions) {
    this.brokers = [...options.brokers];
    this.clientId = options.clientId;
    this.logger = options.logger;
    this.#security = { ...(options.tls && { ssl: { ...options.tls } }), ...(options.sasl && { sasl: options.sasl as SASLOptions }) };
    silenceKafkajsTimerWarning();
  }

  /**
   * A client for one purpose (a producer, a consumer, an admin). It does not retry requests itself: the loops of this library do, since
   * they must notice an outage, wait and start over with a fresh client. Consumers pass their own `retry` for joining.
   */
  client({ requestTimeoutMs = 5_000, connectionTimeoutMs = 3_000, retries = 0 }: ClientOptions = {}): KafkaClient {
    const sockets = new Set<Socket>();
    // A client knocks at the first broker only, and is given up when that one is away: the next begins with the next broker.
    const first = this.#clients++ % this.brokers.length;
    let isCutOff = false;
    const kafka = new Kafka({
      // No brokers is the one answer that kafkajs does not try again, however often it is to.
      brokers: () => (isCutOff ? [] : [...this.brokers.slice(first), ...this.brokers.slice(0, first)]),
      clientId: this.clientId,
      ...this.#security,
      requestTimeout: requestTimeoutMs,
      connectionTimeout: connectionTimeoutMs,
      // Explicit, all of it: with NODE_ENV=test kafkajs has other defaults.
      retry: { retries, initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2 },
      logLevel: logLevel.INFO,
      logCreator: kafkaLogCreator(this.logger, () => isCutOff),
      socketFactory: ({ host, port, ssl, onConnect }) => {
        if (isCutOff) throw new Error('this client was cut off');
        const socket = ssl ? connectTls({ host, port, ...ssl }, onConnect) : connect({ host, port }, onConnect);
        // kafkajs' own factory leaves Nagle's algorithm on, which holds small requests back.
        socket.setNoDelay(true);
        if (socket instanceof TLSSocket) socket.once('error', (error) => explain(error, socket));
        socket.setKeepAlive(true, 60_000);
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        return socket;
      },
    });
    return {
      kafka,
      cutOff: () => {
        isCutOff = true;
        for (const socket of sockets) socket.destroy(new Error('cut off'));
      },
    };
  }
}

/** What kafkajs makes of an error is its message: OpenSSL's alone does not say what to do. */
function explain(error: Error, socket: TLSSocket): void {
  // Typed as an error, it is Node's code of why the certificate was not believed.
  if (!socket.authorizationError) return;
  error.message = `the broker's certificate is not trusted (${error.message}): name its authority by KAFKA_SSL_CA, and the brokers as their certificates do`;
}
