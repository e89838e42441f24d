import { createHttpApp, createPool, Health } from '@ringback/service-runtime';
import { freshDatabase, type TestDatabase } from '@ringback/testbed';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type pg from 'pg';
import { pino, type Logger } from 'pino';
import { ensureEnvironmentAccounts } from '../access/environment-accounts.js';
import { hashApiKey } from '../access/api-key.js';
import { PasswordHasher } from '../access/password-hasher.js';
import { gatewayModule } from '../gateway.module.js';
import { migrateGateway } from '../migrations.js';
import { SERVICES, UpstreamClient, type ServiceName } from '../upstream/upstream-client.js';
import { FakeService } from './fake-service.js';

export const ADMIN = { email: 'admin@example.com', password: 'a long enough password' };
export const BOOTSTRAP_KEY = 'bootstrap-key-of-at-least-32-characters';
const SERVICE_TOKEN_SECRET = 'a service token secret of 32 characters';
export const SESSION_SECRET = 'a session secret of 32 characters or more';
const API_KEYS_TOPIC = 'gateway.api-keys';
const silent = pino({ level: 'silent' });

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body read as JSON; empty when there is none, or it is no JSON. */
  readonly body: Record<string, unknown>;
}

/** A gateway on a port of its own, with a database of its own and fake services behind it. */
export class GatewayUnderTest {
  private constructor(
    readonly base: string,
    readonly services: Readonly<Record<ServiceName, FakeService>>,
    readonly pool: pg.Pool,
    private readonly database: TestDatabase,
    private readonly app: NestFastifyApplication,
    private readonly upstream: UpstreamClient,
  ) {}

  static async start(
    options: {
      timeoutMs?: number;
      maxAnswerBytes?: number;
      now?: () => number;
      hasher?: PasswordHasher;
      gatewaySecret?: string;
      logger?: Logger;
      trustedProxies?: readonly string[];
      consoleFolder?: string;
    } = {},
  ): Promise<GatewayUnderTest> {
    const logger = options.logger ?? silent;
    const database = await freshDatabase();
    await migrateGateway(database.url);
    const pool = createPool(database.url, { max: 5, applicationName: 'gateway', logger: silent });
    const hasher = options.hasher ?? new PasswordHasher({ N: 2 ** 10, r: 8, p: 1 });
    const accounts = { adminEmail: ADMIN.email, adminPassword: ADMIN.password, bootstrapApiKey: BOOTSTRAP_KEY };
    await ensureEnvironmentAccounts({ pool, hasher, apiKeysTopic: API_KEYS_TOPIC, logger }, accounts);
    const started = await Promise.all(SERVICES.map((name) => FakeService.start(name, SERVICE_TOKEN_SECRET)));
    const services = Object.fromEntries(started.map((service) => [service.name, service])) as Record<ServiceName, FakeService>;
    const upstream = new UpstreamClient({
      urls: Object.fromEntries(started.map((service) => [service.name, service.url])) as Record<ServiceName, string>,
      serviceTokenSecret: options.gatewaySecret ?? SERVICE_TOKEN_SECRET,
      timeoutMs: options.timeoutMs ?? 5_000,
      maxAnswerBytes: options.maxAnswerBytes ?? 1024 * 1024,
    });
    const module = gatewayModule({
      pool,
      logger,
      hasher,
      upstream,
      sessionSecret: SESSION_SECRET,
      publisher: { wake: () => undefined, waitUntilPublished: async () => true },
      apiKeysTopic: API_KEYS_TOPIC,
      secureCookies: true,
      ...(options.now ? { now: options.now } : {}),
      ...(options.consoleFolder ? { consoleFolder: options.consoleFolder } : {}),
    });
    const app = await createHttpApp(module, { logger, health: new Health(), trustedProxies: options.trustedProxies ?? [] });
    await app.listen(0, '127.0.0.1');
    return new GatewayUnderTest(await app.getUrl(), services, pool, database, app, upstream);
  }

  /** @param init.token default: the bootstrap key; null: none. */
  async call(path: string, init: RequestInit & { token?: string | null; json?: unknown; duplex?: 'half' } = {}): Promise<Answer> {
    const { token = BOOTSTRAP_KEY, json, ...rest } = init;
    const answer = await fetch(this.base + path, {
      ...rest,
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(rest.headers as Record<string, string>),
      },
    });
    const text = await answer.text();
    const isJson = text !== '' && /json/.test(answer.headers.get('content-type') ?? '');
    return { status: answer.status, headers: answer.headers, text, body: (isJson ? JSON.parse(text) : {}) as Record<string, unknown> };
  }

  post(path: string, json: unknown, init: Parameters<GatewayUnderTest['call']>[1] = {}): Promise<Answer> {
    return this.call(path, { method: 'POST', json, ...init });
  }

  /** Makes an API key of a role. @returns the key. */
  async keyOf(role: string, columns: { expiresAt?: Date; revokedAt?: Date; offerIds?: readonly number[] } = {}): Promise<string> {
    const key = `key-of-${role}-${Math.random()}`;
    await this.pool.query(
      `insert into gateway.api_key (name, prefix, hash, role, expires_at, revoked_at, offer_ids) values ($1, 'key-of', $2, $3, $4, $5, $6)`,
      [`key of ${role}`, hashApiKey(key), role, columns.expiresAt ?? null, columns.revokedAt ?? null, columns.offerIds ?? null],
    );
    return key;
  }

  /** Makes a user of a role, with the admin's password, and signs them in. @returns the access token. */
  async userOf(role: string, email = `${role}@example.com`): Promise<string> {
    await this.pool.query(
      `insert into gateway.user_account (email, password_hash, role, status)
       select $1, password_hash, $2, 'active' from gateway.user_account where email = $3 on conflict (email) do nothing`,
      [email, role, ADMIN.email],
    );
    return (await this.signIn(email)).body['accessToken'] as string;
  }

  signIn(email: string, password: string = ADMIN.password): Promise<Answer> {
    return this.post('/v1/auth/sessions', { email, password }, { token: null });
  }

  async stop(): Promise<void> {
    await this.app.close();
    this.upstream.close();
    await Promise.all(Object.values(this.services).map((service) => service.stop()));
    await this.pool.end();
    await this.database.drop();
  }
}
