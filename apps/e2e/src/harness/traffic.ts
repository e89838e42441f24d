import { setTimeout as delay } from 'node:timers/promises';
import type { BatchAnswer, Conversion } from '@ringback/contracts';
import type { Network } from './network.js';

/** What a steady stream of conversions came to. */
export interface TrafficReport {
  /** Ids of the conversions that were answered 201 or 200. */
  readonly acknowledged: string[];
  /** How often each other status was answered; 0: no answer at all. */
  readonly refused: ReadonlyMap<number, number>;
}

/** Conversions at a steady rate, from now until `stop`, one by one or in batches (which cost the senders' side less). */
export class Traffic {
  readonly #acknowledged: string[] = [];
  readonly #refused = new Map<number, number>();
  readonly #running = new Set<Promise<void>>();
  readonly #loop: Promise<void>;
  #stopped = false;

  /** @param make the body of the next conversion. At most `maxOpen` requests are open at a time. */
  constructor(
    private readonly network: Network,
    private readonly make: (index: number) => Record<string, unknown>,
    private readonly options: { perSecond: number; batchSize?: number; maxOpen?: number },
  ) {
    this.#loop = this.#run();
  }

  get acknowledged(): number {
    return this.#acknowledged.length;
  }

  async stop(): Promise<TrafficReport> {
    this.#stopped = true;
    await this.#loop;
    await Promise.all(this.#running);
    return { acknowledged: this.#acknowledged, refused: this.#refused };
  }

  async #run(): Promise<void> {
    const startedAt = performance.now();
    for (let sent = 0; !this.#stopped;) {
      const dueCount = Math.floor(((performance.now() - startedAt) / 1000) * (this.options.perSecond / (this.options.batchSize ?? 1)));
      while (sent < dueCount && this.#running.size < (this.options.maxOpen ?? 400)) this.#send(sent++);
      // The rate is the subject here, so the only wait in these specs that is on time.
      // A spec that failed before it stopped its traffic must not keep the process from ending.
      await delay(5, undefined, { ref: false });
      if (this.#running.size >= (this.options.maxOpen ?? 400)) await Promise.race(this.#running);
    }
  }

  #send(index: number): void {
    const sending = this.#convert(index).finally(() => this.#running.delete(sending));
    this.#running.add(sending);
  }

  async #convert(index: number): Promise<void> {
    try {
      for (const [status, id] of await this.#post(index)) {
        if (status === 200 || status === 201) this.#acknowledged.push(id!);
        else this.#refuse(status);
      }
    } catch {
      // No answer: whether it was recorded is not known, so it is neither acknowledged nor refused by a status.
      this.#refuse(0);
    }
  }

  async #post(index: number): Promise<[status: number, id: string | undefined][]> {
    const { batchSize } = this.options;
    const timeoutMs = 20_000;
    if (batchSize === undefined) {
      const { status, body } = await this.network.call<Conversion>('/v1/conversions', {
        method: 'POST',
        body: this.make(index),
        timeoutMs,
      });
      return [[status, body.id]];
    }
    const items = Array.from({ length: batchSize }, (_, item) => this.make(index * batchSize + item));
    const answer = await this.network.call<BatchAnswer>('/v1/conversions/batch', { method: 'POST', body: { items }, timeoutMs });
    if (answer.status !== 200) return [[answer.status, undefined]];
    return answer.body.items.map((item) => [item.status, 'conversion' in item ? item.conversion.id : undefined]);
  }

  #refuse(status: number): void {
    this.#refused.set(status, (this.#refused.get(status) ?? 0) + 1);
  }
}
