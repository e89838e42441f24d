import type { BatchAnswer, Callback, ConversionStatus, Delivery, Page } from '@ringback/contracts';

/** Where the running system is, and the key that opens it. */
export interface DemoTarget {
  /** Origin of the gateway, e.g. `http://127.0.0.1:8080`. */
  readonly apiUrl: string;
  readonly apiKey: string;
}

/** The public API as a visitor's script would call it. @throws with the problem's own words when the API refuses. */
export class DemoNetwork {
  constructor(private readonly target: DemoTarget) {}

  async post<Body>(path: string, body: unknown): Promise<Body> {
    return this.#call('POST', path, body);
  }

  async get<Body>(path: string): Promise<Body> {
    return this.#call('GET', path);
  }

  async create(path: string, body: unknown): Promise<number> {
    return (await this.post<{ id: number }>(path, body)).id;
  }

  callback(offerId: number, fields: Record<string, unknown>): Promise<Callback> {
    return this.post(`/v1/offers/${offerId}/callbacks`, fields);
  }

  batch(items: readonly unknown[]): Promise<BatchAnswer> {
    return this.post('/v1/conversions/batch', { items });
  }

  statuses(items: readonly { id: string; status: ConversionStatus; rejectReason?: string }[]): Promise<BatchAnswer> {
    return this.post('/v1/conversions/statuses', { items });
  }

  /** Every delivery of an offer, page by page. */
  async deliveries(offerId: number): Promise<Delivery[]> {
    const found: Delivery[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Page<Delivery> = await this.get(
        `/v1/deliveries?offerId=${offerId}&limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      found.push(...page.items);
      cursor = page.nextCursor;
    }
    return found;
  }

  async #call<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await fetch(this.target.apiUrl + path, {
      method,
      headers: { authorization: `Bearer ${this.target.apiKey}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as Body;
  }
}
