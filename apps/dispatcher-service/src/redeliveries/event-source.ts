import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { isAxiosError, type AxiosInstance } from 'axios';
import { encodeEvent, foundEventsSchema, type ConversionEvent } from '@ringback/contracts';
import { signServiceToken } from '@ringback/service-runtime';

/** From the start of a question to the last byte of its answer, in ms. */
const TIMEOUT_MS = 10_000;
/** conversions-service answers 4 MiB, or one event where that is larger. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_CONNECTIONS = 8;

/** The ledger cannot be asked just now, or answers what cannot be read. Holds nothing of the request: axios' own errors carry its token. */
export class EventSourceError extends Error {
  override readonly name = 'EventSourceError';
  readonly code = 'EVENTS_UNAVAILABLE';
}

/** What made a version of a conversion. */
export interface WantedEvent {
  readonly conversionId: string;
  readonly conversionVersion: number;
  readonly eventId: string;
}

export interface EventSourceOptions {
  /** Of conversions-service. */
  readonly url: string;
  readonly serviceTokenSecret: string;
}

/** Asks conversions-service for events of its ledger, in bounded time and size. */
export class EventSource {
  readonly #httpAgent = new HttpAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  readonly #httpsAgent = new HttpsAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  readonly #http: AxiosInstance;

  constructor(private readonly options: EventSourceOptions) {
    this.#http = axios.create({
      baseURL: options.url,
      httpAgent: this.#httpAgent,
      httpsAgent: this.#httpsAgent,
      proxy: false,
      maxRedirects: 0,
      maxContentLength: MAX_ANSWER_BYTES,
    });
  }

  /**
   * @param wanted at most `MAX_SEARCHED_EVENTS`
   * @returns the encoded events of the first of them, in their order; null where the ledger has none. Fewer than wanted when they are large
   * @param signal aborts the question
   * @throws {EventSourceError}
   */
  async find(wanted: readonly WantedEvent[], signal?: AbortSignal): Promise<(Buffer | null)[]> {
    if (wanted.length === 0) return [];
    const items = await this.#ask(wanted, signal);
    return items.map((event, index) => (event === null || event.id !== wanted[index]?.eventId ? null : encodeEvent(event)));
  }

  close(): void {
    this.#httpAgent.destroy();
    this.#httpsAgent.destroy();
  }

  async #ask(wanted: readonly WantedEvent[], signal?: AbortSignal): Promise<(ConversionEvent | null)[]> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const token = await signServiceToken({
      secret: this.options.serviceTokenSecret,
      audience: 'conversions-service',
      actor: { name: 'dispatcher-service' },
    });
    const events = wanted.map(({ conversionId, conversionVersion: version }) => ({ conversionId, version }));
    try {
      const { data } = await this.#http.post<unknown>(
        '/v1/events/search',
        { events },
        { headers: { authorization: `Bearer ${token}` }, signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]) },
      );
      const parsed = foundEventsSchema.safeParse(data);
      if (!parsed.success) throw new EventSourceError(`conversions-service answered no events: ${parsed.error.issues[0]?.message}`);
      if (parsed.data.items.length === 0) throw new EventSourceError('conversions-service answered no events');
      return parsed.data.items as (ConversionEvent | null)[];
    } catch (error) {
      if (!isAxiosError(error)) throw error;
      const why = error.response === undefined ? (error.code ?? error.message) : `answered ${error.response.status}`;
      throw new EventSourceError(`conversions-service: ${why}`);
    }
  }
}
