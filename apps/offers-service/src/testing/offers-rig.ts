import { TOPICS, topicName, type Callback, type Offer, type Problem } from '@ringback/contracts';
import { EventStream, TopicReader, type TopicRecord } from '@ringback/event-stream';
import { createLogger, Lifecycle, signServiceToken } from '@ringback/service-runtime';
import { freshDatabase, randomTopicPrefix, testBrokers } from '@ringback/testbed';
import pg from 'pg';
import { readConfig } from '../config.js';
import { migrateOffers } from '../migrations.js';
import { SERVICE_NAME } from '../offers-service.module.js';
import { startOffersService } from '../start-offers-service.js';

const SERVICE_TOKEN_SECRET = 'a-secret-of-at-least-32-characters!!';
export const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
export const ACTOR = 'ada@example.com';

/** An answer, with its body read as JSON; `{}` where there is none. */
export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
  readonly text: string;
}

export interface OffersProcess {
  call<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>>;
  stop(): Promise<void>;
}

/** A fresh, migrated database and a topic of its own, on which processes of the service can be started. */
export class OffersRig {
  readonly topicPrefix = randomTopicPrefix();
  readonly #processes: OffersProcess[] = [];

  private constructor(
    readonly databaseUrl: string,
    readonly pool: pg.Pool,
    private readonly dropDatabase: () => Promise<void>,
  ) {}

  /** @param server url of the PostgreSQL server; default the shared one */
  static async create(server?: string): Promise<OffersRig> {
    const database = await freshDatabase(server === undefined ? {} : { server });
    await migrateOffers(database.url);
    const pool = new pg.Pool({ connectionString: database.url, max: 3 });
    pool.on('error', () => undefined); // specs end their servers
    return new OffersRig(database.url, pool, () => database.drop());
  }

  get topic(): string {
    return topicName(TOPICS.offersConfigurations, this.topicPrefix);
  }

  /** The service, whole, in this process: HTTP on a free port, relay, tombstones. */
  async start(
    o: { brokers?: string[]; now?: () => number; patienceMs?: number; env?: Record<string, string> } = {},
  ): Promise<OffersProcess> {
    const life = new Lifecycle(createLogger(SERVICE_NAME, 'error'));
    const config = readConfig({
      DATABASE_URL: this.databaseUrl,
      KAFKA_BROKERS: (o.brokers ?? testBrokers()).join(','),
      TOPIC_PREFIX: this.topicPrefix,
      PORT: '0',
      SERVICE_TOKEN_SECRET,
      MASTER_KEY,
      NODE_ENV: 'test',
      ...o.env,
    });
    const url = await startOffersService(life, { config, now: o.now ?? Date.now, patienceMs: o.patienceMs ?? 10_000 });
    const token = await signServiceToken({ secret: SERVICE_TOKEN_SECRET, audience: SERVICE_NAME, actor: { name: ACTOR } });
    const process: OffersProcess = { call: caller(url, token), stop: () => life.stop() };
    this.#processes.push(process);
    return process;
  }

  /** Reads the topic from its beginning to its end as of now. */
  async readTopic(): Promise<TopicRecord[]> {
    const records: TopicRecord[] = [];
    const logger = createLogger('spec', 'fatal');
    const reader = new TopicReader({
      stream: new EventStream({ brokers: testBrokers(), clientId: 'spec', logger }),
      topic: this.topic,
      onRecord: (record) => void records.push(record),
      onFatal: (error) => {
        throw error;
      },
      logger,
    });
    await reader.start();
    await reader.stop();
    return records;
  }

  async drop(): Promise<void> {
    for (const process of this.#processes) await process.stop();
    await this.pool.end();
    await this.dropDatabase();
  }
}

function caller(url: string, token: string): OffersProcess['call'] {
  return async <Body>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: (text === '' ? {} : JSON.parse(text)) as Body, text };
  };
}

/** What most specs begin with: an affiliate, an offer with goals on, a goal. */
export async function anOffer(offers: OffersProcess, o: { goalsEnabled?: boolean } = {}) {
  const affiliate = await offers.call<{ id: number }>('POST', '/v1/affiliates', { name: 'Traffic Ltd' });
  const offer = await offers.call<Offer>('POST', '/v1/offers', { name: 'Casino', goalsEnabled: o.goalsEnabled ?? true });
  const goal = await offers.call<{ id: number }>('POST', `/v1/offers/${offer.body.id}/goals`, { name: 'Deposit' });
  return {
    affiliateId: affiliate.body.id,
    offerId: offer.body.id,
    goalId: goal.body.id,
    callbacks: `/v1/offers/${offer.body.id}/callbacks`,
  };
}

export type CallbackAnswer = Answer<Callback & { inForce?: boolean }>;
export type ProblemAnswer = Answer<Problem & { current?: Record<string, unknown> }>;
