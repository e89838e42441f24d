import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Certificate } from './certificates.js';
import { Child } from './child.js';
import { eventually } from './eventually.js';
import { freePorts } from './free-port.js';
import { KAFKA_STOPS } from './guard.js';
import { checkJava, KAFKA_FOLDER, kafkaJars } from './kafka-jars.js';
import { TestbedError } from './testbed-error.js';

const run = promisify(execFile);

export interface KafkaServerOptions {
  /** Kept when given; otherwise a new folder that `stop` removes. */
  dataDir?: string;
  port?: number;
  /** Clients come by TLS and show this user by SCRAM; default neither. */
  secured?: { readonly certificate: Certificate; readonly user: string; readonly password: string };
  /** More of server.properties. */
  config?: Readonly<Record<string, string>>;
  heapMb?: number;
  logPath?: string;
  /** Folder of the jars; default `.local/kafka-libs` of the workspace. */
  jarsFolder?: string;
  onProgress?: (what: string) => void;
  /** Ends the fetch of the jars. */
  signal?: AbortSignal;
  /** Whether the server ends with this process, however that ends. Default true. */
  guarded?: boolean;
  /** Told the pid of each process it starts, before that is ready. */
  onSpawn?: (pid: number) => void;
}

export interface RunningKafka {
  /** `host:port` */
  readonly brokers: string;
  readonly port: number;
  readonly pid: number;
  readonly logPath: string;
  /** Resolves when the server ends, for whatever reason. */
  readonly exited: Promise<unknown>;
  /** SIGTERM: logs are closed in order. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** After `stop` or `kill`, or instead of them: the same data and port. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
}

/**
 * Starts a real Apache Kafka, broker and controller in one process (KRaft), on 127.0.0.1. Ready when its own log says so and the port
 * accepts: about 4 s, and 2 s more to format a new folder.
 * @throws {TestbedError} NO_JAVA, OLD_JAVA, NO_MAVEN, JARS_FAILED, DIED, NOT_READY
 */
export async function startKafka(o: KafkaServerOptions = {}): Promise<RunningKafka> {
  const { heapMb = 512, guarded = true } = o;
  await checkJava();
  const jars = await kafkaJars({
    ...(o.jarsFolder === undefined ? {} : { folder: o.jarsFolder }),
    ...(o.onProgress === undefined ? {} : { onProgress: o.onProgress }),
    ...(o.signal === undefined ? {} : { signal: o.signal }),
  });
  const room = o.dataDir === undefined ? mkdtempSync(join(tmpdir(), 'ringback-kafka-')) : null;
  const dataDir = o.dataDir ?? room!;
  const logPath = o.logPath ?? join(dataDir, 'kafka.log');
  const [port, controllerPort, internalPort] = o.port === undefined ? await freePorts(3) : [o.port, ...(await freePorts(2))];
  const properties = join(dataDir, 'server.properties');
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(
    properties,
    serverProperties(join(dataDir, 'log'), port!, controllerPort!, {
      ...secured(o.secured, dataDir, port!, controllerPort!, internalPort!),
      ...o.config,
    }),
  );
  const java = (memoryMb: number, ...main: string[]) => [
    `-Xmx${memoryMb}m`,
    // One small broker beside four services on two cores: the serial collector and the first compiler tier need the least.
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Djava.net.preferIPv4Stack=true',
    `-Dlog4j2.configurationFile=${join(KAFKA_FOLDER, 'log4j2.properties')}`,
    '-cp',
    join(jars, '*'),
    ...main,
  ];
  const users = o.secured && [`SCRAM-SHA-512=[name=${o.secured.user},password=${o.secured.password}]`];
  const tool = [
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId(),
    '-c',
    properties,
    ...(users ?? []).flatMap((user) => ['--add-scram', user]),
  ];
  await format(dataDir, users === undefined ? join(jars, '.formatted') : null, java(128, ...tool));

  let server: Child;
  const launch = async () => {
    server = Child.start({
      name: 'Kafka',
      command: 'java',
      args: java(heapMb, 'kafka.Kafka', properties),
      logPath,
      cwd: dataDir,
      guard: guarded ? KAFKA_STOPS : null,
    });
    o.onSpawn?.(server.pid);
    await waitUntilReady(server, port!);
  };
  await launch();
  return {
    brokers: `127.0.0.1:${port}`,
    port: port!,
    logPath,
    get pid() {
      return server.pid;
    },
    get exited() {
      return server.exited;
    },
    pause: () => server.pause(),
    resume: () => server.resume(),
    async kill() {
      await server.kill();
    },
    async restart() {
      await server.stop();
      await launch();
    },
    async stop() {
      await server.stop();
      if (room !== null) rmSync(room, { recursive: true, force: true });
    },
  };
}

function serverProperties(logDir: string, port: number, controllerPort: number, more: Readonly<Record<string, string>> = {}): string {
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': logDir,
    // A topic that nobody provisioned is a mistake to be seen, not a topic with one partition.
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '3',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // So that the cleaner gets to a test's topics within the second, with a tenth of its usual buffer.
    'log.cleaner.backoff.ms': '500',
    'log.cleaner.dedupe.buffer.size': String(8 * 1024 * 1024),
    'log.initial.task.delay.ms': '1000',
    'log.retention.check.interval.ms': '1000',
    'log.segment.delete.delay.ms': '1000',
    'min.insync.replicas': '1',
    'num.network.threads': '2',
    'num.io.threads': '4',
    ...more,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** The broker itself goes on by a listener of its own, which nobody else is told of. */
function secured(
  o: KafkaServerOptions['secured'],
  dataDir: string,
  port: number,
  controllerPort: number,
  internalPort: number,
): Record<string, string> {
  if (o === undefined) return {};
  const keystore = join(dataDir, 'broker.pem');
  writeFileSync(keystore, `${o.certificate.key}\n${o.certificate.cert}`, { mode: 0o600 });
  return {
    listeners: `CLIENTS://127.0.0.1:${port},INTERNAL://127.0.0.1:${internalPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'listener.security.protocol.map': 'CLIENTS:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'INTERNAL',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.clients.scram-sha-512.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore,
  };
}

/** A random id as Kafka's own tool makes them: 16 bytes in base64url, not starting with a dash. */
function clusterId(): string {
  const bytes = randomBytes(16);
  bytes[0] = bytes[0]! & 0x7f;
  return bytes.toString('base64url');
}

/**
 * A broker's folder must be formatted by Kafka's own tool, which costs a Java of its own. What it writes is the same each time but for
 * random ids, so the first one is kept beside the jars and copied.
 * @param kept where; null when this folder is like no other, since it holds users
 */
async function format(dataDir: string, kept: string | null, args: string[]): Promise<void> {
  const log = join(dataDir, 'log');
  if (existsSync(join(log, 'meta.properties'))) return;
  if (kept !== null && existsSync(join(kept, 'meta.properties'))) {
    cpSync(kept, log, { recursive: true });
    return;
  }
  try {
    await run('java', args, { timeout: 120_000 });
  } catch (cause) {
    const said = String((cause as { stderr?: unknown }).stderr ?? '') + String((cause as { stdout?: unknown }).stdout ?? '');
    throw new TestbedError('BROKEN_DATA', `Kafka cannot make its data folder ${dataDir}: move it away or remove it`, {
      cause,
      logTail: said,
    });
  }
  if (kept === null) return;
  // Moved into place whole, since others may look for it now.
  const draft = `${kept}.${process.pid}`;
  cpSync(log, draft, { recursive: true });
  try {
    renameSync(draft, kept);
  } catch {
    // Another process was faster.
    rmSync(draft, { recursive: true, force: true });
  }
}

async function waitUntilReady(server: Child, port: number): Promise<void> {
  try {
    await eventually(async () => !server.running || (server.log().includes('Kafka Server started') && (await accepts(port))), {
      timeoutMs: 120_000,
      intervalMs: 100,
    });
  } catch (cause) {
    await server.kill();
    throw new TestbedError('NOT_READY', `Kafka does not come up within 120 s: see ${server.logPath}`, { cause, logTail: server.logTail() });
  }
  if (!server.running) throw new TestbedError('DIED', `Kafka ended while starting: see ${server.logPath}`, { logTail: server.logTail() });
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}
