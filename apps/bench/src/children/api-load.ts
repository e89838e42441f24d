import { Pool } from 'undici';
import type { BatchAnswer, Conversion } from '@ringback/contracts';
import { signServiceToken } from '@ringback/service-runtime';
import { sharedClockMs } from './calls.js';
import { CONVERSION } from './event-load.js';

/** conversions-service, as other services inside the cluster call it. */
export interface ApiTarget {
  readonly url: string;
  readonly serviceTokenSecret: string;
  readonly affiliateId: number;
  readonly offers: readonly number[];
}

/** A conversion that was answered 201, and when, by the shared clock. */
export interface Accepted {
  readonly id: string;
  readonly atMs: number;
}

const TICK_MS = 2;
/** Well below the token's 60 s. */
const TOKEN_MS = 30_000;
const { rejectReason: _, ...DETAIL } = CONVERSION;

/** Records conversions over HTTP. */
export class ApiLoad {
  #target: ApiTarget | null = null;
  #pool: Pool | null = null;
  #token = { text: '', madeAt: -Infinity };
  #timer: NodeJS.Timeout | null = null;
  #accepted: Accepted[] = [];
  #refused = 0;
  readonly #open = new Set<Promise<void>>();

  async open(target: ApiTarget): Promise<void> {
    this.#target = target;
    this.#pool = new Pool(target.url, { connections: 32, pipelining: 1 });
    await this.#authorization();
  }

  /** Records `count` conversions in batches of `size`, so many batches at a time. @throws when one is not answered 201 */
  async batches(count: number, size: number, atOnce: number): Promise<void> {
    let next = 0;
    const one = async () => {
      for (let from = next; from < count; from = next) {
        next += size;
        const items = Array.from({ length: Math.min(size, count - from) }, (_, index) => this.#conversion(from + index));
        const answer = await this.#post<BatchAnswer>('/v1/conversions/batch', { items });
        const bad = answer.body.items?.find(({ status }) => status !== 201);
        if (answer.status !== 200 || bad !== undefined)
          throw new Error(`a batch was answered ${answer.status}: ${JSON.stringify(bad ?? answer.body)}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  }

  /** Records so many conversions a second, one a request, until {@link stop}. */
  start(perSecond: number): void {
    this.#accepted = [];
    this.#refused = 0;
    let sent = 0;
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000);
      while (sent < due) {
        const recording: Promise<void> = this.#record(sent++).finally(() => this.#open.delete(recording));
        this.#open.add(recording);
      }
    }, TICK_MS);
  }

  /** @returns what was answered 201 since {@link start}. @throws when anything was answered otherwise */
  async stop(): Promise<Accepted[]> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await Promise.all(this.#open);
    if (this.#refused > 0) throw new Error(`${this.#refused} conversions were not answered 201`);
    return this.#accepted;
  }

  async #record(index: number): Promise<void> {
    try {
      const { status, body } = await this.#post<Conversion>('/v1/conversions', this.#conversion(index));
      const atMs = sharedClockMs();
      if (status === 201) this.#accepted.push({ id: body.id, atMs });
      else this.#refused++;
    } catch {
      // No answer: whether it was recorded is not known.
      this.#refused++;
    }
  }

  #conversion(index: number): object {
    const { offers, affiliateId } = this.#target!;
    return { ...DETAIL, offerId: offers[index % offers.length]!, affiliateId };
  }

  async #post<Body>(path: string, body: unknown): Promise<{ status: number; body: Body }> {
    const authorization = await this.#authorization();
    const answer = await this.#pool!.request({
      method: 'POST',
      path,
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.statusCode, body: (await answer.body.json()) as Body };
  }

  async #authorization(): Promise<string> {
    if (performance.now() - this.#token.madeAt > TOKEN_MS) {
      const { serviceTokenSecret: secret } = this.#target!;
      const text = await signServiceToken({ secret, audience: 'conversions-service', actor: { name: 'bench' } });
      this.#token = { text: `Bearer ${text}`, madeAt: performance.now() };
    }
    return this.#token.text;
  }
}
