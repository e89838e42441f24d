import { request as httpRequest } from 'node:http';
import type {
  Affiliate,
  BatchAnswer,
  Callback,
  Conversion,
  ConversionDetail,
  ConversionExplanation,
  ConversionStatus,
  Delivery,
  DeliveryDetail,
  DeliveryPage,
  Goal,
  Offer,
  Problem,
  Redelivery,
} from '@ringback/contracts';
import type { ApiContract } from './api-contract.js';

/** An answer as it came: the body parsed where it is JSON. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Body;
}

export interface Call {
  readonly method?: string;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly bytes?: Buffer | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** A callback's fields, as a spec likes to give them. */
export type CallbackFields = Record<string, unknown> & { affiliateId: number; url: string };

/** The affiliate network as its admin and its services use it: the HTTP API, one method per thing one does. */
export class Network {
  /** @param contract what every answer has to fit; undefined where the address is not the gateway's. */
  constructor(
    readonly baseUrl: string,
    private readonly token: string,
    private readonly contract?: Pick<ApiContract, 'check'>,
  ) {}

  /** One call, whatever comes back, as long as the API's description knows of it. Paths are sent byte for byte. */
  async call<Body = Problem>(path: string, call: Call = {}): Promise<Answer<Body>> {
    const answer = await this.#send<Body>(path, call);
    this.contract?.check(call.method ?? 'GET', path, answer);
    return answer;
  }

  #send<Body>(path: string, { method = 'GET', body, bytes, headers = {}, timeoutMs = 30_000 }: Call): Promise<Answer<Body>> {
    const { hostname, port } = new URL(this.baseUrl);
    const payload = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          hostname,
          port,
          path,
          method,
          timeout: timeoutMs,
          headers: {
            authorization: `Bearer ${this.token}`,
            ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            const isJson = /json/.test(response.headers['content-type'] ?? '');
            resolve({
              status: response.statusCode!,
              headers: response.headers,
              body: (isJson && text !== '' ? JSON.parse(text) : text) as Body,
            });
          });
        },
      );
      request.on('timeout', () => request.destroy(new Error(`${method} ${path} had no answer within ${timeoutMs} ms`)));
      request.on('error', reject);
      request.end(payload);
    });
  }

  async #expect<Body>(status: number, path: string, call: Call): Promise<Body> {
    const answer = await this.call<Body>(path, call);
    if (answer.status !== status)
      throw new Error(`${call.method ?? 'GET'} ${path} answered ${answer.status}, not ${status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  affiliate(name = 'Ada Traffic'): Promise<Affiliate> {
    return this.#expect(201, '/v1/affiliates', { method: 'POST', body: { name } });
  }

  offer(fields: { name?: string; goalsEnabled?: boolean } = {}): Promise<Offer> {
    return this.#expect(201, '/v1/offers', { method: 'POST', body: { name: 'Bright Games', ...fields } });
  }

  editOffer(offerId: number, fields: { name?: string; status?: string; goalsEnabled?: boolean }): Promise<Offer> {
    return this.#expect(200, `/v1/offers/${offerId}`, { method: 'PATCH', body: fields });
  }

  goal(offerId: number, name = 'Sign-up'): Promise<Goal> {
    return this.#expect(201, `/v1/offers/${offerId}/goals`, { method: 'POST', body: { name } });
  }

  callback(offerId: number, fields: CallbackFields): Promise<Callback> {
    return this.#expect(201, `/v1/offers/${offerId}/callbacks`, {
      method: 'POST',
      body: { conversionStatus: 'pending', httpType: 'GET', ...fields },
    });
  }

  editCallback(offerId: number, callbackId: number, fields: Record<string, unknown>): Promise<Callback> {
    return this.#expect(200, `/v1/offers/${offerId}/callbacks/${callbackId}`, { method: 'PATCH', body: fields });
  }

  async deleteCallback(offerId: number, callbackId: number): Promise<void> {
    const { status } = await this.call(`/v1/offers/${offerId}/callbacks/${callbackId}`, { method: 'DELETE' });
    if (status !== 200 && status !== 204) throw new Error(`the deletion was answered ${status}`);
  }

  convert(fields: Record<string, unknown> & { offerId: number; affiliateId: number }): Promise<Conversion> {
    return this.#expect(201, '/v1/conversions', { method: 'POST', body: { status: 'pending', ...fields } });
  }

  batch(items: unknown[]): Promise<BatchAnswer> {
    return this.#expect(200, '/v1/conversions/batch', { method: 'POST', body: { items } });
  }

  setStatus(conversionId: string, status: ConversionStatus, rejectReason?: string): Promise<Conversion> {
    return this.#expect(200, `/v1/conversions/${conversionId}/status`, {
      method: 'PUT',
      body: { status, ...(rejectReason ? { rejectReason } : {}) },
    });
  }

  conversion(conversionId: string): Promise<ConversionDetail & { deliveries: Delivery[] }> {
    return this.#expect(200, `/v1/conversions/${conversionId}`, {});
  }

  /** Every page of it. */
  async explanation(conversionId: string, callbackId?: number): Promise<ConversionExplanation> {
    const items: ConversionExplanation['items'] = [];
    let cursor = '';
    for (;;) {
      const path = `/v1/conversions/${conversionId}/explanation?limit=2${callbackId === undefined ? '' : `&callbackId=${callbackId}`}${cursor}`;
      const page = await this.#expect<ConversionExplanation>(200, path, {});
      items.push(...page.items);
      if (page.nextCursor === null) return { ...page, items };
      cursor = `&cursor=${page.nextCursor}`;
    }
  }

  async deliveries(filter: Record<string, string | number>): Promise<Delivery[]> {
    const query = new URLSearchParams(Object.entries(filter).map(([name, value]): [string, string] => [name, String(value)]));
    const page = await this.#expect<DeliveryPage>(200, `/v1/deliveries?${query.toString()}`, {});
    return page.items;
  }

  redeliver(deliveryId: string, body: { asNew?: boolean } = {}): Promise<Delivery> {
    return this.#expect(202, `/v1/deliveries/${deliveryId}/redeliver`, { method: 'POST', body });
  }

  redeliverAll(input: Record<string, unknown>): Promise<Redelivery> {
    return this.#expect(201, '/v1/redeliveries', { method: 'POST', body: input });
  }

  redelivery(redeliveryId: string): Promise<Redelivery> {
    return this.#expect(200, `/v1/redeliveries/${redeliveryId}`, {});
  }

  cancelRedelivery(redeliveryId: string): Promise<Redelivery> {
    return this.#expect(200, `/v1/redeliveries/${redeliveryId}/cancel`, { method: 'POST' });
  }

  delivery(deliveryId: string): Promise<DeliveryDetail> {
    return this.#expect(200, `/v1/deliveries/${deliveryId}`, {});
  }
}
