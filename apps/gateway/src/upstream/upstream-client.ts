import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import axios, { isAxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import { signServiceToken, type Actor } from '@ringback/service-runtime';
import { UpstreamError } from './upstream-error.js';

/** The services behind the gateway, as their tokens' audiences name them. */
export const SERVICES = ['offers-service', 'conversions-service', 'dispatcher-service'] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface UpstreamRequest {
  readonly service: ServiceName;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Buffer | undefined;
  readonly actor: Actor;
  /** Shorter than the client's. */
  readonly timeoutMs?: number;
  /** Longer than the client's: the service itself waits for somebody. */
  readonly atLeastMs?: number | undefined;
}

/** What came of asking a service. */
export type UpstreamResult =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer }
  /** Not connected, connection lost, or no whole answer in time. `sent`: the service may have done what was asked. */
  | { readonly kind: 'unavailable'; readonly sent: boolean; readonly cause: Error }
  /** An answer that cannot be passed on: too large, or no HTTP. */
  | { readonly kind: 'unusable'; readonly why: string; readonly cause?: Error };

/** An answer of any length, to be passed on as it comes. Whoever gets it reads it to its end, or destroys it. */
export interface StreamedAnswer {
  readonly kind: 'stream';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

export interface UpstreamClientOptions {
  readonly urls: Readonly<Record<ServiceName, string>>;
  readonly serviceTokenSecret: string;
  /** From the start of a call to the last byte of its answer. */
  readonly timeoutMs: number;
  /** Default 32 MiB: the largest page is 200 conversions of up to 130 KB. */
  readonly maxAnswerBytes?: number;
}

/** Per service: what waits for a connection beyond that does so within its own timeout. */
const MAX_CONNECTIONS = 128;

/** Asks the services, over kept connections, in bounded time and size. Never follows a redirect, never goes through a proxy. */
export class UpstreamClient {
  readonly #options: UpstreamClientOptions;
  readonly #httpAgent = new HttpAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  readonly #httpsAgent = new HttpsAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  readonly #http: AxiosInstance;

  constructor(options: UpstreamClientOptions) {
    this.#options = options;
    this.#http = axios.create({
      httpAgent: this.#httpAgent,
      httpsAgent: this.#httpsAgent,
      proxy: false,
      maxRedirects: 0,
      decompress: false,
      responseType: 'arraybuffer',
      maxContentLength: options.maxAnswerBytes ?? 32 * 1024 * 1024,
      maxBodyLength: Infinity, // the edge has bounded it
      transformRequest: [(data: unknown) => data],
      transformResponse: [(data: unknown) => data],
      validateStatus: () => true,
    });
  }

  /** Never throws for what a service does or fails to do. */
  async call(request: UpstreamRequest): Promise<UpstreamResult> {
    const deadline = AbortSignal.timeout(
      Math.max(Math.min(this.#options.timeoutMs, request.timeoutMs ?? Infinity), request.atLeastMs ?? 0),
    );
    const token = await signServiceToken({ secret: this.#options.serviceTokenSecret, audience: request.service, actor: request.actor });
    try {
      const { status, headers, data } = await this.#send<Buffer>(request, token, deadline);
      return toAnswer(status, headers, data);
    } catch (error) {
      return classify(error, deadline);
    }
  }

  /**
   * As {@link call}, but an answer of 200 is not gathered: its status must come in time, its bytes may take as long as they are read. Any
   * other answer is as short as those of `call`.
   */
  async stream(request: UpstreamRequest): Promise<UpstreamResult | StreamedAnswer> {
    const abort = new AbortController();
    const deadline = setTimeout(() => abort.abort(), this.#options.timeoutMs);
    const token = await signServiceToken({ secret: this.#options.serviceTokenSecret, audience: request.service, actor: request.actor });
    try {
      const { status, headers, data } = await this.#send<Readable>(request, token, abort.signal, 'stream');
      if (status === 200) return { kind: 'stream', status, headers: textHeaders(headers), body: data };
      return toAnswer(status, headers, await buffer(data));
    } catch (error) {
      return classify(error, abort.signal);
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Ends the kept connections. */
  close(): void {
    this.#httpAgent.destroy();
    this.#httpsAgent.destroy();
  }

  /** A GET that meets a kept connection which the service just closed is asked once more; nothing else is ever repeated. */
  async #send<Body extends Buffer | Readable>(
    request: UpstreamRequest,
    token: string,
    signal: AbortSignal,
    responseType: 'arraybuffer' | 'stream' = 'arraybuffer',
  ): Promise<AxiosResponse<Body>> {
    const ask = () =>
      this.#http.request<Body>({
        baseURL: this.#options.urls[request.service],
        url: request.path,
        method: request.method,
        headers: {
          accept: 'application/json',
          'accept-encoding': 'identity',
          'user-agent': 'ringback-gateway',
          ...defined(request.headers),
          authorization: `Bearer ${token}`,
        },
        data: request.body,
        signal,
        responseType,
        ...(responseType === 'stream' ? { maxContentLength: Infinity } : {}),
      });
    try {
      return await ask();
    } catch (error) {
      if (request.method !== 'GET' || !wasStaleConnection(error)) throw error;
      return ask();
    }
  }
}

function wasStaleConnection(error: unknown): boolean {
  if (!isAxiosError(error) || (error.code !== 'ECONNRESET' && error.code !== 'EPIPE')) return false;
  return (error.request as { reusedSocket?: boolean } | undefined)?.reusedSocket === true;
}

function toAnswer(status: number, headers: AxiosResponse['headers'], data: Buffer | undefined): UpstreamResult {
  return { kind: 'answer', status, headers: textHeaders(headers), body: Buffer.from(data ?? []) };
}

function textHeaders(headers: AxiosResponse['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name.toLowerCase(), value]] : [])),
  );
}

/** Failures from before the request could have reached the service. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const CONNECTION_LOST = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'ERR_CANCELED']);

function classify(error: unknown, deadline: AbortSignal): UpstreamResult {
  if (!isAxiosError(error)) throw error;
  const cause = UpstreamError.from(error);
  if (NOT_SENT.has(cause.code)) return { kind: 'unavailable', sent: false, cause };
  // axios gives an answer that breaks off no code of its own.
  if (deadline.aborted || CONNECTION_LOST.has(cause.code) || error.message === 'stream has been aborted')
    return { kind: 'unavailable', sent: true, cause };
  if (error.message.includes('maxContentLength')) return { kind: 'unusable', why: 'its answer is too large', cause };
  return { kind: 'unusable', why: 'its answer is not HTTP as it should be', cause };
}

function defined(headers: UpstreamRequest['headers'] = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
