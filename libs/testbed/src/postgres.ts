import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Certificate } from './certificates.js';
import { Child } from './child.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { POSTGRES_STOPS } from './guard.js';
import { postgresBinaries, runAsPostgres } from './postgres-binaries.js';
import { TestbedError } from './testbed-error.js';

const run = promisify(execFile);

export interface PostgresOptions {
  /** Kept when given; otherwise a new folder that `stop` and `kill({ forGood: true })` remove. */
  dataDir?: string;
  port?: number;
  /** Default `ringback`. */
  password?: string;
  /** Whether commits wait for the disk. Default false: tests kill processes, not machines, and what was written survives that. */
  durable?: boolean;
  maxConnections?: number;
  /** Takes connections by TLS only, and shows this certificate; default without TLS. */
  secured?: { readonly certificate: Certificate; readonly authority: string };
  /** More settings, as in postgresql.conf. */
  settings?: Readonly<Record<string, string>>;
  logPath?: string;
  /** Whether the server ends with this process, however that ends. Default true. */
  guarded?: boolean;
  /** Told the pid of each process it starts, before that is ready. */
  onSpawn?: (pid: number) => void;
}

export interface RunningPostgres {
  /** Of the superuser `ringback`, on the database `postgres`. */
  readonly url: string;
  readonly port: number;
  /** Of the postmaster. */
  readonly pid: number;
  readonly logPath: string;
  /** Resolves when the server ends, for whatever reason. */
  readonly exited: Promise<unknown>;
  /** Fast shutdown (SIGINT): sessions are ended, everything is written. */
  stop(): Promise<void>;
  /** SIGKILL to the postmaster and every backend, as when the machine's memory ran out. */
  kill(): Promise<void>;
  /** After `stop` or `kill`: the same data, port and url. */
  restart(): Promise<void>;
  /** SIGSTOP to the whole tree: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
}

const USER = 'ringback';
const TLS_ONLY = 'hostssl all all 127.0.0.1/32 scram-sha-256\n';

/**
 * Starts a real PostgreSQL 18 on 127.0.0.1; the first time on a folder, `initdb` makes it (about 1 s). Ready when a query was answered.
 * @throws {TestbedError} when it does not come up, with the tail of its log.
 */
export async function startPostgres(o: PostgresOptions = {}): Promise<RunningPostgres> {
  const { durable = false, maxConnections = 300, password = 'ringback', guarded = true } = o;
  const room = o.dataDir === undefined ? mkdtempSync(join(tmpdir(), 'ringback-pg-')) : null;
  const dataDir = o.dataDir ?? join(room!, 'data');
  const logPath = o.logPath ?? join(dirname(dataDir), 'postgres.log');
  const port = o.port ?? (await freePort());
  const authority = join(dataDir, 'authority.crt');
  const query = o.secured === undefined ? '' : `?sslmode=verify-full&sslrootcert=${encodeURIComponent(authority)}`;
  const url = `postgres://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres${query}`;
  const { postgres, initdb } = await postgresBinaries();

  await initialise(dataDir, initdb, password, durable);
  if (o.secured !== undefined) {
    const { certificate } = o.secured;
    const files = {
      'authority.crt': o.secured.authority,
      'server.crt': certificate.cert,
      'server.key': certificate.key,
      'pg_hba.conf': TLS_ONLY,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dataDir, name), text, { mode: 0o600 });
    const { owner } = runAsPostgres(postgres, [], [postgres, dataDir]);
    if (owner !== undefined) for (const name of Object.keys(files)) chownSync(join(dataDir, name), owner.uid, owner.gid);
  }
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    max_connections: String(maxConnections),
    unix_socket_directories: '',
    ...(o.secured === undefined ? {} : { ssl: 'on' }),
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
    ...o.settings,
  };
  const args = ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];

  let server: Child;
  const launch = async () => {
    const runAs = runAsPostgres(postgres, args, [postgres, dataDir]);
    server = Child.start({
      name: 'PostgreSQL',
      command: runAs.command,
      args: runAs.args,
      ...(runAs.uid === undefined ? {} : { uid: runAs.uid }),
      ...(runAs.gid === undefined ? {} : { gid: runAs.gid }),
      // The server's folder must not be one it cannot enter.
      cwd: dataDir,
      logPath,
      stopSignal: 'SIGINT',
      guard: guarded ? POSTGRES_STOPS : null,
    });
    o.onSpawn?.(server.pid);
    await waitUntilReady(server, url);
  };
  await launch();
  return {
    url,
    port,
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

async function initialise(dataDir: string, initdb: string, password: string, durable: boolean): Promise<void> {
  if (existsSync(join(dataDir, 'PG_VERSION'))) return;
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0)
    throw new TestbedError('BROKEN_DATA', `${dataDir} holds no PostgreSQL data but is not empty: move it away or remove it`);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const secrets = mkdtempSync(join(tmpdir(), 'ringback-initdb-'));
  const passwordFile = join(secrets, 'password');
  try {
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    const args = [
      `--pgdata=${dataDir}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ];
    const runAs = runAsPostgres(initdb, args, [initdb, dataDir]);
    if (runAs.owner !== undefined) for (const path of [dataDir, secrets, passwordFile]) chownSync(path, runAs.owner.uid, runAs.owner.gid);
    await run(runAs.command, runAs.args, {
      cwd: dataDir,
      ...(runAs.uid === undefined ? {} : { uid: runAs.uid }),
      ...(runAs.gid === undefined ? {} : { gid: runAs.gid }),
    });
  } catch (cause) {
    // Half a cluster would look like a kept one at the next start.
    rmSync(dataDir, { recursive: true, force: true });
    const said = String((cause as { stderr?: unknown }).stderr ?? cause).trim();
    throw new TestbedError('BROKEN_DATA', `PostgreSQL cannot make its data folder ${dataDir}: ${said.split('\n').at(-1) ?? ''}`, {
      cause,
      logTail: said,
    });
  } finally {
    rmSync(secrets, { recursive: true, force: true });
  }
}

async function waitUntilReady(server: Child, url: string): Promise<void> {
  const died = () => new TestbedError('DIED', `PostgreSQL ended while starting: see ${server.logPath}`, { logTail: server.logTail() });
  try {
    await eventually(
      async () => {
        if (!server.running) return true;
        await ping(url);
        return true;
      },
      { timeoutMs: 60_000, intervalMs: 50 },
    );
  } catch (cause) {
    await server.kill();
    throw new TestbedError('NOT_READY', `PostgreSQL answers nothing within 60 s: see ${server.logPath}`, {
      cause,
      logTail: server.logTail(),
    });
  }
  if (!server.running) throw died();
}

async function ping(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select 1');
  } finally {
    await client.end();
  }
}
