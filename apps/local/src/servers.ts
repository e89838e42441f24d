import { setTimeout as delay } from 'node:timers/promises';
import {
  freePort,
  isPortFree,
  onServer,
  startKafka,
  startPostgres,
  TestbedError,
  type RunningKafka,
  type RunningPostgres,
} from '@ringback/testbed';
import type { LocalConfig } from './config.js';
import { LocalError } from './local-error.js';
import type { Progress } from './progress.js';
import { checkDatabase, checkKafka } from './reachable.js';
import type { RunRecord } from './run-record.js';
import type { LocalSecrets, StateFolder } from './state-folder.js';
import { pauseBefore } from './supervised-service.js';

/** The PostgreSQL and the Kafka that the services use: given ones, or our own, which are started again when they die. */
export class Servers {
  databaseUrl = '';
  brokers = '';
  #postgres: RunningPostgres | null = null;
  #kafka: RunningKafka | null = null;
  readonly #stopping = new AbortController();
  #starting: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly config: LocalConfig,
    private readonly state: StateFolder,
    private readonly run: RunRecord,
    private readonly progress: Progress,
  ) {}

  /** Both at once. @throws {LocalError} one line with the remedy */
  async start(secrets: LocalSecrets): Promise<void> {
    const kept = this.state.keptPorts();
    const ports = {
      postgres: await choosePort(this.config.POSTGRES_PORT, kept.postgres),
      kafka: await choosePort(this.config.KAFKA_PORT, kept.kafka),
    };
    this.state.keepPorts(ports);
    const starts = [this.#startPostgres(ports.postgres, secrets), this.#startKafka(ports.kafka)];
    this.#starting = Promise.allSettled(starts);
    await Promise.all(starts).catch((error: unknown) => {
      throw this.#asLocalError(error);
    });
  }

  /** From now on nothing is fetched or started again. */
  giveUp(): void {
    this.#stopping.abort();
  }

  /** Kafka first: what it flushes needs nothing of PostgreSQL. */
  async stop(hurry: boolean): Promise<void> {
    this.giveUp();
    // What still starts must be known before it can be stopped.
    await this.#starting;
    await (hurry ? this.#kafka?.kill() : this.#kafka?.stop());
    await (hurry ? this.#postgres?.kill() : this.#postgres?.stop());
  }

  async #startPostgres(port: number, secrets: LocalSecrets): Promise<void> {
    const given = this.config.DATABASE_URL;
    if (given !== undefined) {
      await this.progress.step(
        'PostgreSQL',
        () => checkDatabase(given),
        () => 'of DATABASE_URL',
      );
      this.databaseUrl = given;
      return;
    }
    const start = () =>
      startPostgres({
        dataDir: this.state.at('postgres'),
        port,
        password: secrets.postgresPassword,
        durable: true,
        maxConnections: 200,
        logPath: this.state.at('logs', 'postgres.log'),
        onSpawn: (pid) => this.run.add('PostgreSQL', pid),
      });
    this.#postgres = await this.progress.step('PostgreSQL', start, (started) => `on port ${started.port}`);
    this.databaseUrl = await ownDatabase(this.#postgres.url);
    void this.#supervise('PostgreSQL', this.#postgres);
  }

  async #startKafka(port: number): Promise<void> {
    const given = this.config.kafka;
    if (given !== undefined) {
      this.brokers = given.brokers.join(',');
      await this.progress.step(
        'Kafka',
        () => checkKafka(given),
        () => `at ${this.brokers}`,
      );
      return;
    }
    const start = () =>
      startKafka({
        dataDir: this.state.at('kafka'),
        port,
        logPath: this.state.at('logs', 'kafka.log'),
        signal: this.#stopping.signal,
        onProgress: (what) => this.progress.say(`  … Kafka: ${what}`),
        onSpawn: (pid) => this.run.add('Kafka', pid),
      });
    this.#kafka = await this.progress.step('Kafka', start, (started) => `on port ${started.port}`);
    this.brokers = this.#kafka.brokers;
    void this.#supervise('Kafka', this.#kafka);
  }

  async #supervise(name: string, server: RunningPostgres | RunningKafka): Promise<void> {
    for (let startInARow = 1; ; startInARow++) {
      const { pid } = server;
      await server.exited;
      this.run.remove(pid);
      if (this.#stopping.signal.aborted) return;
      const pauseMs = pauseBefore(startInARow);
      this.progress.say(`${name} ended; it is started again in ${pauseMs / 1000} s. Its log: ${server.logPath}`);
      await delay(pauseMs);
      if (this.#stopping.signal.aborted) return;
      await server.restart().catch((error: unknown) => this.progress.say(this.#asLocalError(error).message));
    }
  }

  /** What a server says when its kept data is broken is in its log; what to do about it is ours to say. */
  #asLocalError(error: unknown): Error {
    if (!(error instanceof TestbedError)) return error as Error;
    const remedy =
      error.code === 'DIED' || error.code === 'NOT_READY' ? `; if its data is broken, move ${this.state.path} away to start anew` : '';
    return new LocalError(error.code, `${error.message}${remedy}`, { cause: error, detail: error.logTail });
  }
}

/** A port that was asked for must be free; one that was kept is taken again if it is. */
async function choosePort(wanted: number, kept: number | undefined): Promise<number> {
  if (wanted !== 0) return wanted;
  return kept !== undefined && (await isPortFree(kept)) ? kept : freePort();
}

/** @returns the url of our database on the server, made the first time. */
async function ownDatabase(server: string): Promise<string> {
  await onServer(server, async (client) => {
    const { rowCount } = await client.query("select from pg_database where datname = 'ringback'");
    if (rowCount === 0) await client.query('create database ringback');
  });
  return server.replace(/\/postgres$/, '/ringback');
}
