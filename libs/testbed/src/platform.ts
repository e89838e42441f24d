import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freshDatabase, type TestDatabase } from './fresh-database.js';
import { freePorts } from './free-port.js';
import { migratedTemplate } from './migrated-template.js';
import { runScript } from './run-script.js';
import { ServiceProcess } from './service-process.js';
import { SERVICES, serviceEnvironment, STOP_ORDER, type ServiceName, type SystemSettings } from './services.js';
import { testBrokers, testDatabaseServer } from './shared-servers.js';
import { randomTopicPrefix } from './topic-prefix.js';
import { WORKSPACE } from './workspace.js';

export interface ServiceSetup {
  /** More settings of this service. */
  env?: Readonly<Record<string, string>>;
  /** Arguments of Node itself, e.g. `--import=/path/preload.mjs` for another clock or a delay. */
  nodeArgs?: readonly string[];
}

export interface PlatformOptions {
  /** Url of a PostgreSQL server's maintenance database; default the shared one. */
  databaseServer?: string;
  /** Default the shared Kafka. */
  brokers?: string;
  /** More settings of every service, and of what makes the topics. */
  env?: Readonly<Record<string, string>>;
  services?: Partial<Record<ServiceName, ServiceSetup>>;
  /** Services that are not started (yet): `addInstance` starts one later. */
  without?: readonly ServiceName[];
  /** Topic configuration that differs, by topic name without prefix, e.g. `{ 'offers.configurations': { 'segment.ms': '1000' } }`. */
  topicConfig?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * The whole system for one spec file: a database and topics of its own on shared servers, every service as a process from its build.
 * `start` takes 2 to 5 s. Logs lie in `logFolder`, one file a process.
 */
export class Platform {
  readonly settings: SystemSettings;
  readonly logFolder: string;
  readonly database: TestDatabase;
  readonly #o: PlatformOptions;
  readonly #instances = new Map<ServiceName, ServiceProcess[]>(SERVICES.map((service) => [service, []]));

  private constructor(o: PlatformOptions, settings: SystemSettings, database: TestDatabase) {
    this.#o = o;
    this.settings = settings;
    this.database = database;
    this.logFolder = join(WORKSPACE, '.local', 'test-logs', settings.topicPrefix.replace(/\.$/, ''));
  }

  /** @throws {TestbedError} with the tail of the log of the service that does not come up; what was started is stopped again. */
  static async start(o: PlatformOptions = {}): Promise<Platform> {
    const server = o.databaseServer ?? testDatabaseServer();
    const brokers = o.brokers ?? testBrokers().join(',');
    const topicPrefix = randomTopicPrefix();
    const [database, ports] = await Promise.all([
      migratedTemplate(server).then((template) => freshDatabase({ server, template })),
      freePorts(SERVICES.length),
      provisionTopics(brokers, topicPrefix, o),
    ]);
    const settings: SystemSettings = {
      databaseUrl: database.url,
      brokers,
      topicPrefix,
      serviceTokenSecret: randomBytes(32).toString('hex'),
      masterKey: randomBytes(32).toString('base64'),
      adminEmail: 'admin@example.com',
      adminPassword: randomBytes(12).toString('base64url'),
      bootstrapApiKey: `rbk_${randomBytes(24).toString('base64url')}`,
      ports: Object.fromEntries(SERVICES.map((service, i) => [service, ports[i]!])) as Record<ServiceName, number>,
    };
    const platform = new Platform(o, settings, database);
    mkdirSync(platform.logFolder, { recursive: true });
    try {
      const wanted = SERVICES.filter((service) => !o.without?.includes(service));
      await Promise.all(wanted.map((service) => platform.#launch(service, settings.ports[service], {}).waitUntilReady()));
    } catch (error) {
      await platform.stop();
      throw error;
    }
    return platform;
  }

  /** Address of the public API. */
  get url(): string {
    return `http://127.0.0.1:${this.settings.ports.gateway}`;
  }
  get databaseUrl(): string {
    return this.settings.databaseUrl;
  }
  get brokers(): string[] {
    return this.settings.brokers.split(',');
  }
  /** Settings that every service has besides its own. */
  get env(): Readonly<Record<string, string>> {
    return this.#o.env ?? {};
  }
  get topicPrefix(): string {
    return this.settings.topicPrefix;
  }
  get admin(): { email: string; password: string } {
    return { email: this.settings.adminEmail, password: this.settings.adminPassword };
  }
  /** An API key that may do everything the bootstrap key may. */
  get bootstrapApiKey(): string {
    return this.settings.bootstrapApiKey;
  }

  /** @returns an instance of a service, by default the first. @throws when there is none. */
  service(name: ServiceName, index = 0): ServiceProcess {
    const instance = this.#instances.get(name)?.[index];
    if (instance === undefined) throw new Error(`there is no instance ${index} of ${name}`);
    return instance;
  }

  instances(name: ServiceName): readonly ServiceProcess[] {
    return this.#instances.get(name) ?? [];
  }

  /** Starts one more process of a service: the first takes the port that the gateway knows, later ones a free port. */
  async addInstance(name: ServiceName, setup: ServiceSetup = {}): Promise<ServiceProcess> {
    const port = this.instances(name).length === 0 ? this.settings.ports[name] : (await freePorts(1))[0]!;
    const instance = this.#launch(name, port, setup);
    await instance.waitUntilReady();
    return instance;
  }

  /** Stops the first instance of a service and starts another in its place, on its port, with other settings: as a deployment does. */
  async replace(name: ServiceName, setup: ServiceSetup): Promise<ServiceProcess> {
    const before = this.service(name);
    await before.stop();
    this.#instances.set(
      name,
      this.instances(name).filter((instance) => instance !== before),
    );
    const instance = this.#launch(name, before.port, setup);
    await instance.waitUntilReady();
    return instance;
  }

  /** Stops all in order, removes the database and the topics. Logs stay. */
  async stop(): Promise<void> {
    for (const service of STOP_ORDER) await Promise.all(this.instances(service).map((instance) => instance.stop()));
    await this.database.drop();
    await removeTopics(this.settings.brokers, this.topicPrefix, this.#o);
  }

  #launch(name: ServiceName, port: number, setup: ServiceSetup): ServiceProcess {
    const before = this.instances(name);
    const general = this.#o.services?.[name];
    const instance = ServiceProcess.launch(
      {
        app: name,
        name: before.length === 0 ? name : `${name}-${before.length + 1}`,
        env: {
          ...serviceEnvironment(name, this.settings),
          // Receivers of tests listen on loopback.
          CALLBACK_ALLOWED_NETWORKS: '127.0.0.0/8,::1/128',
          ...this.#o.env,
          ...general?.env,
          ...setup.env,
        },
        logFolder: this.logFolder,
        nodeArgs: [...(general?.nodeArgs ?? []), ...(setup.nodeArgs ?? [])],
        stopOrder: STOP_ORDER.indexOf(name),
      },
      port,
    );
    this.#instances.get(name)!.push(instance);
    return instance;
  }
}

/** Kafka is spoken by a script of apps/local: the testbed is what event-stream itself is tested with, so it cannot import it. */
async function provisionTopics(brokers: string, topicPrefix: string, { env, topicConfig }: PlatformOptions): Promise<void> {
  const config = { KAFKA_BROKERS: brokers, TOPIC_PREFIX: topicPrefix, TOPIC_CONFIG: JSON.stringify(topicConfig ?? {}) };
  await runScript('local', 'topics.js', { args: ['provision'], env: { ...env, ...config } });
}

async function removeTopics(brokers: string, topicPrefix: string, { env }: PlatformOptions): Promise<void> {
  await runScript('local', 'topics.js', { args: ['remove'], env: { ...env, KAFKA_BROKERS: brokers, TOPIC_PREFIX: topicPrefix } });
}
