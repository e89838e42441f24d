import { connect, createServer, type Server, type Socket } from 'node:net';
import { createLogger, Lifecycle } from '@ringback/service-runtime';
import { eventually, freePort, freshDatabase, type TestDatabase } from '@ringback/testbed';
import { readConfig } from './config.js';
import { migrateGateway } from './migrations.js';
import { startGateway } from './start-gateway.js';

const key = 'bootstrap-key-of-at-least-32-characters';

/** A way to the database that can be missing, or silent. */
class Door {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  silent = false;

  constructor(
    readonly port: number,
    private readonly target: URL,
  ) {}

  async open(): Promise<void> {
    const server = createServer((inner) => {
      this.#keep(inner);
      if (this.silent) return;
      const outer = connect(Number(this.target.port), this.target.hostname);
      this.#keep(outer);
      inner.pipe(outer).pipe(inner);
      inner.on('close', () => outer.destroy());
      outer.on('close', () => inner.destroy());
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
  }

  async shut(): Promise<void> {
    const closed = new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#server = undefined;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

describe('a gateway', () => {
  let database: TestDatabase;
  let door: Door;
  let life: Lifecycle;
  beforeEach(async () => {
    database = await freshDatabase();
    door = new Door(await freePort(), new URL(database.url));
    life = new Lifecycle(createLogger('gateway', 'fatal'));
  });
  afterEach(async () => {
    await life.stop();
    await door.shut();
    await database.drop();
  });

  const start = () => {
    const url = new URL(database.url);
    url.port = String(door.port);
    const config = readConfig({
      DATABASE_URL: url.href,
      KAFKA_BROKERS: '127.0.0.1:1',
      PORT: '0',
      SERVICE_TOKEN_SECRET: 's'.repeat(32),
      OFFERS_URL: 'http://127.0.0.1:1',
      CONVERSIONS_URL: 'http://127.0.0.1:1',
      DISPATCHER_URL: 'http://127.0.0.1:1',
      ADMIN_EMAIL: 'admin@example.com',
      ADMIN_PASSWORD: 'a long enough password',
      BOOTSTRAP_API_KEY: key,
    });
    return startGateway(life, { ...config, PORT: 0 });
  };
  const macros = (base: string) => fetch(`${base}/v1/macros`, { headers: { authorization: `Bearer ${key}` } });

  it('starts while the database is away, answers 503, and works once it is there, through further absences', async () => {
    await migrateGateway(database.url);
    const base = await start();
    const refused = await macros(base);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('database is away') });
    expect((await fetch(`${base}/v1/openapi.json`)).status).toBe(200);
    await door.open();
    await eventually(async () => (await macros(base)).status === 200, { timeoutMs: 20_000 });
    await door.shut();
    expect((await macros(base)).status).toBe(503);
    await door.open();
    await eventually(async () => (await macros(base)).status === 200, { timeoutMs: 20_000 });
  });

  it('answers 503 within its time while the database accepts and says nothing', async () => {
    await migrateGateway(database.url);
    await door.open();
    const base = await start();
    expect((await macros(base)).status).toBe(200);
    await door.shut();
    door.silent = true;
    await door.open();
    const startedAt = performance.now();
    expect((await macros(base)).status).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(12_000);
  });

  it('does not start on a database that was not migrated', async () => {
    await door.open();
    await expect(start()).rejects.toMatchObject({ code: '42P01' });
  });
});
