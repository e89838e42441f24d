import type { Provider, Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp, createPool, Health, ServiceTokenGuard, signServiceToken } from '@ringback/service-runtime';
import { freshDatabase, type TestDatabase } from '@ringback/testbed';
import type pg from 'pg';
import { pino } from 'pino';
import { migrateDispatcher } from '../migrations.js';

const SECRET = 'y'.repeat(32);
const AUDIENCE = 'dispatcher-service';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Null when there is no body. */
  readonly body: unknown;
}

/** Some of the service's controllers on a database of a spec's own, without the pipeline. */
export class ApiUnderTest {
  private constructor(
    readonly pool: pg.Pool,
    private readonly url: string,
    private readonly app: NestFastifyApplication,
    private readonly database: TestDatabase,
  ) {}

  static async start(controller: Type, providers: (pool: pg.Pool) => Provider[]): Promise<ApiUnderTest> {
    const logger = pino({ level: 'silent' });
    const database = await freshDatabase();
    await migrateDispatcher(database.url);
    const pool = createPool(database.url, { max: 4, applicationName: 'spec', logger });
    const guard = new ServiceTokenGuard({ secret: SECRET, audience: AUDIENCE });
    const module = {
      module: class Room {},
      controllers: [controller],
      providers: [{ provide: APP_GUARD, useValue: guard }, ...providers(pool)],
    };
    const app = await createHttpApp(module, { logger, health: new Health() });
    await app.listen(0, '127.0.0.1');
    return new ApiUnderTest(pool, await app.getUrl(), app, database);
  }

  /** Asks as the gateway does on behalf of `actor`, who may be limited to some offers. */
  async call(
    method: string,
    path: string,
    json?: unknown,
    actor = 'ada@example.com',
    offerIds: readonly number[] | null = null,
  ): Promise<ApiAnswer> {
    const token = await signServiceToken({ secret: SECRET, audience: AUDIENCE, actor: { name: actor, offerIds } });
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? null : (JSON.parse(text) as unknown) };
  }

  /** As {@link call}, for an answer that is no JSON, or is read bit by bit. */
  async fetch(path: string, signal?: AbortSignal): Promise<Response> {
    const token = await signServiceToken({ secret: SECRET, audience: AUDIENCE, actor: { name: 'ada@example.com' } });
    return fetch(this.url + path, { headers: { authorization: `Bearer ${token}` }, ...(signal === undefined ? {} : { signal }) });
  }

  get databaseUrl(): string {
    return this.database.url;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.pool.end();
    await this.database.drop();
  }
}
