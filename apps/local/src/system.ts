import { TOPICS } from '@ringback/contracts';
import { EventStream, provisionTopics } from '@ringback/event-stream';
import { createLogger } from '@ringback/service-runtime';
import {
  buildHash,
  runScript,
  SERVICES,
  serviceEnvironment,
  STOP_ORDER,
  TestbedError,
  type ServiceName,
  type SystemSettings,
} from '@ringback/testbed';
import type { LocalConfig } from './config.js';
import { LocalError } from './local-error.js';
import type { Progress } from './progress.js';
import { checkPorts } from './reachable.js';
import { RunRecord } from './run-record.js';
import { Servers } from './servers.js';
import { StateFolder } from './state-folder.js';
import { SupervisedService } from './supervised-service.js';

/** How long a service may take to stop before it is killed, in ms: a dispatcher awaits requests of up to 30 s. */
const STOP_GRACE_MS = 40_000;
/** The same once the user asks again. */
const HURRIED_GRACE_MS = 1_000;
/** How long Kafka may take to make the topics, in ms. */
const TOPICS_TIMEOUT_MS = 60_000;

/** The whole system on this machine: started, supervised and stopped as one. */
export class System {
  #servers: Servers | null = null;
  #run: RunRecord | null = null;
  #starting: Promise<unknown> = Promise.resolve();
  #stop: Promise<void> | null = null;
  #hurry = false;
  readonly #services = new Map<ServiceName, SupervisedService>();

  constructor(
    private readonly config: LocalConfig,
    private readonly progress: Progress,
  ) {}

  /** @throws {LocalError} one line with the remedy. Call `stop` then too: what was started before stays up until it. */
  start(): Promise<SystemSettings> {
    const started = this.#start();
    this.#starting = started.catch(() => undefined);
    return started;
  }

  async #start(): Promise<SystemSettings> {
    const { config, progress } = this;
    const state = StateFolder.open(config.stateFolder);
    this.#run = await RunRecord.take(state.at('run.json'), (name) =>
      progress.say(`  … ending ${name}, left behind by a start that was killed`),
    );
    const secrets = state.secrets();
    await checkPorts([
      { port: config.GATEWAY_PORT, what: 'the gateway', variable: 'GATEWAY_PORT' },
      { port: config.OFFERS_PORT, what: 'offers-service', variable: 'OFFERS_PORT' },
      { port: config.CONVERSIONS_PORT, what: 'conversions-service', variable: 'CONVERSIONS_PORT' },
      { port: config.DISPATCHER_PORT, what: 'dispatcher-service', variable: 'DISPATCHER_PORT' },
      ...(config.DATABASE_URL === undefined ? [{ port: config.POSTGRES_PORT, what: 'PostgreSQL', variable: 'POSTGRES_PORT' }] : []),
      ...(config.KAFKA_BROKERS === undefined ? [{ port: config.KAFKA_PORT, what: 'Kafka', variable: 'KAFKA_PORT' }] : []),
    ]);
    this.#goOn();

    this.#servers = new Servers(config, state, this.#run, progress);
    await this.#servers.start(secrets);
    this.#goOn();
    const settings: SystemSettings = {
      databaseUrl: this.#servers.databaseUrl,
      brokers: this.#servers.brokers,
      topicPrefix: config.TOPIC_PREFIX,
      serviceTokenSecret: secrets.serviceTokenSecret,
      masterKey: secrets.masterKey,
      adminEmail: config.ADMIN_EMAIL,
      adminPassword: config.ADMIN_PASSWORD ?? secrets.adminPassword,
      bootstrapApiKey: config.BOOTSTRAP_API_KEY ?? secrets.bootstrapApiKey,
      ports: config.ports,
    };
    await Promise.all([
      progress.step('topics', () => this.#provisionTopics(settings)),
      progress.step('migrations', () => this.#migrate(settings, state)),
    ]);
    this.#goOn();
    // Settled, not raced: what still starts must be known to `stop`.
    const outcomes = await Promise.allSettled(SERVICES.map((service) => this.#startService(service, settings, state)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    this.#goOn();
    return settings;
  }

  /** Stops everything in order, once. @param hurry the user asked again: nothing is waited for any more */
  stop(hurry = false): Promise<void> {
    if (hurry && !this.#hurry) {
      this.#hurry = true;
      for (const service of this.#services.values()) void service.stop(HURRIED_GRACE_MS);
    }
    this.#stop ??= this.#stopInOrder();
    return this.#stop;
  }

  async #stopInOrder(): Promise<void> {
    for (const name of STOP_ORDER) await this.#services.get(name)?.stop(this.#hurry ? HURRIED_GRACE_MS : STOP_GRACE_MS);
    this.#servers?.giveUp();
    // Scripts that a cut-short start still runs (topics, migrations) end by themselves while the servers are there.
    await this.#starting;
    await this.#servers?.stop(this.#hurry);
    this.#run?.release();
  }

  /** Between the steps of a start: told to stop, go no further. */
  #goOn(): void {
    if (this.#stop !== null) throw new LocalError('STOPPED', 'stopped while starting');
  }

  async #provisionTopics(s: SystemSettings): Promise<void> {
    const logger = createLogger('topics', 'error');
    const kafka = this.config.kafka ?? { brokers: s.brokers.split(',') };
    const stream = new EventStream({ ...kafka, clientId: 'ringback-topics', logger });
    const signal = AbortSignal.timeout(TOPICS_TIMEOUT_MS);
    await provisionTopics(stream, Object.values(TOPICS), { prefix: s.topicPrefix, signal });
  }

  /** Our own database is migrated once per build; one that was given may have been replaced meanwhile, and is looked at every time. */
  async #migrate(s: SystemSettings, state: StateFolder): Promise<void> {
    const build = buildHash();
    const isOurs = this.config.DATABASE_URL === undefined;
    if (isOurs && state.migratedBuild() === build) return;
    for (const service of SERVICES) await orLocalError(runScript(service, 'migrate.js', { env: serviceEnvironment(service, s) }));
    if (isOurs) state.keepMigratedBuild(build);
  }

  #startService(service: ServiceName, settings: SystemSettings, state: StateFolder): Promise<void> {
    const start = () =>
      SupervisedService.start(
        {
          app: service,
          env: {
            ...this.config.passedOn,
            ...serviceEnvironment(service, settings),
            CALLBACK_ALLOWED_NETWORKS: this.config.CALLBACK_ALLOWED_NETWORKS,
          },
          port: settings.ports[service],
          logFolder: state.at('logs'),
          stopOrder: STOP_ORDER.indexOf(service),
        },
        {
          started: (name, pid) => this.#run?.add(name, pid),
          ended: (pid) => this.#run?.remove(pid),
          say: (line) => this.progress.say(line),
        },
        (launched) => this.#services.set(service, launched),
      );
    return orLocalError(this.progress.step(service, start, () => `on port ${settings.ports[service]}`));
  }
}

async function orLocalError(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    if (!(cause instanceof TestbedError)) throw cause;
    throw new LocalError(cause.code, cause.message.split('\n')[0]!.replace(/; (its log|it) ends with:$/, ''), {
      cause,
      detail: cause.logTail,
    });
  }
}
