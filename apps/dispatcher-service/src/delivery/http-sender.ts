import { Pool, type buildConnector, type Dispatcher } from 'undici';
import { AddressCheck } from './address-check.js';
import { CheckedConnect, type ConnectTiming } from './checked-connect.js';
import { NameLookup, type Resolved } from './name-lookup.js';
import { NameResolver } from './resolve-name.js';

/** Most of an answer that is read, in bytes; then the connection is cut. */
export const MAX_ANSWER_BYTES = 64 * 1024;
/** Longer headers are a network error; as much as Node's own server takes. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Answers before the answer (RFC 9110, 15.2), of which there should be one or two. */
const MAX_INTERIM_ANSWERS = 20;
export const CONNECT_TIMEOUT_MS = 3_000;
/** A socket that was idle this long is closed: undici's 4 s would reconnect between two conversions of a quiet offer. */
const KEEP_ALIVE_MS = 30_000;
const KEEP_ALIVE_MAX_MS = 60_000;
/** Pools without a request for this long are closed. */
const IDLE_POOL_MS = 60_000;

export interface OutgoingRequest {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  /** Name, value, name, value… Values in Latin-1 stand for bytes. */
  readonly headers: string[];
  readonly body: Buffer | null;
  /** For all of it, from now to the last byte of the answer, in ms. */
  readonly timeoutMs: number;
}

/** How long each step took, in ms; null for what did not happen, as all that opens a socket where one was kept alive. */
export interface SendTiming {
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  /** From the request's start on the socket to the answer's headers. */
  readonly firstByteMs: number | null;
}

/** How a request ended. An answer counts from its status line on: what breaks after that only shortens the body. */
export type SendResult = SendEnd & { readonly timing: SendTiming };

type SendEnd =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Name, value, name, value… as received, Latin-1. */
      readonly headers: readonly string[];
      readonly body: Buffer;
      readonly truncated: boolean;
    }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'network-error'; readonly message: string };

interface PoolEntry {
  readonly pool: Pool;
  inFlight: number;
  idleSince: number;
}

export interface HttpSenderOptions {
  /** Most sockets to one destination. */
  readonly socketsPerDestination: number;
  readonly monotonic: () => number;
  /** From the name to the end of the TLS handshake, in ms. */
  readonly connectTimeoutMs?: number;
  /** Where requests may go: by default, to public addresses only. */
  readonly check?: AddressCheck;
  /** By default as the system would. */
  readonly resolve?: (name: string) => Promise<Resolved>;
}

/**
 * The one door for outgoing callbacks: HTTP/1.1, bounded sockets per destination, no redirects, nothing inflated, no second try.
 * Callbacks instead of promises: this is the hot path.
 */
export class HttpSender {
  readonly #pools = new Map<string, PoolEntry>();
  readonly #sweep: NodeJS.Timeout;
  readonly #resolver = new NameResolver();
  readonly #connect: CheckedConnect;

  constructor(private readonly options: HttpSenderOptions) {
    const { monotonic, connectTimeoutMs: timeoutMs = CONNECT_TIMEOUT_MS, check = new AddressCheck() } = options;
    const resolve = options.resolve ?? ((name: string) => this.#resolver.resolve(name));
    this.#connect = new CheckedConnect({ names: new NameLookup({ resolve, timeoutMs, monotonic }), check, timeoutMs, monotonic });
    this.#sweep = setInterval(() => this.closeIdlePools(), IDLE_POOL_MS / 2);
    this.#sweep.unref();
  }

  /** Sends a request; `done` is called exactly once, at the latest when the time is up. */
  send(request: OutgoingRequest, done: (result: SendResult) => void): void {
    const entry = this.#poolOf(request.origin);
    entry.inFlight++;
    const exchange = new Exchange(request.timeoutMs, this.options.monotonic, this.#connect, (result) => {
      if (--entry.inFlight === 0) entry.idleSince = this.options.monotonic();
      done(result);
    });
    try {
      entry.pool.dispatch({ path: request.path, method: request.method, headers: request.headers, body: request.body }, exchange);
    } catch (error) {
      exchange.onResponseError(null, error as Error);
    }
  }

  /** Closes the pools that have had nothing to do for a minute. */
  closeIdlePools(): void {
    const before = this.options.monotonic() - IDLE_POOL_MS;
    for (const [origin, entry] of this.#pools) {
      if (entry.inFlight > 0 || entry.idleSince > before) continue;
      this.#pools.delete(origin);
      void entry.pool.close();
    }
  }

  get poolCount(): number {
    return this.#pools.size;
  }

  /** Open sockets to a destination. */
  socketCount(origin: string): number {
    return this.#pools.get(origin)?.pool.stats.connected ?? 0;
  }

  /** Aborts what is under way (each ends as a network error) and closes all sockets. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    this.#resolver.close();
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.destroy()));
    this.#pools.clear();
  }

  #poolOf(origin: string): PoolEntry {
    let entry = this.#pools.get(origin);
    if (entry === undefined) {
      const pool = new Pool(origin, {
        connections: this.options.socketsPerDestination,
        pipelining: 1,
        // Several requests on one HTTP/2 connection would make the bound on sockets mean nothing.
        allowH2: false,
        connect: this.#connect.open as buildConnector.connector,
        maxHeaderSize: MAX_HEADER_BYTES,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
        // One timer of ours bounds the whole request; undici's are coarse (500 ms) and restart with every chunk.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      entry = { pool, inFlight: 0, idleSince: this.options.monotonic() };
      this.#pools.set(origin, entry);
    }
    return entry;
  }
}

/** One request and its answer: undici's handler. */
class Exchange implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #headers: readonly string[] = [];
  #chunks: Buffer[] = [];
  #bytes = 0;
  #finished = false;
  #timer: NodeJS.Timeout;
  readonly #dueAt: number;
  #hasGrace = true;
  #opened: ConnectTiming | null = null;
  #writtenAt = 0;
  #firstByteAt = 0;
  #interimAnswers = 0;

  constructor(
    timeoutMs: number,
    private readonly monotonic: () => number,
    private readonly connect: CheckedConnect,
    private readonly done: (result: SendResult) => void,
  ) {
    this.#dueAt = monotonic() + timeoutMs;
    this.#timer = setTimeout(() => this.#timeIsUp(), timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Its time ran out while it waited for a connection: it is not sent.
    if (this.#finished) controller.abort(CUT_OFF);
    this.#opened = this.connect.opened;
    this.#writtenAt = this.monotonic();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) {
      if (++this.#interimAnswers > MAX_INTERIM_ANSWERS)
        this.#end({ kind: 'network-error', message: `more than ${MAX_INTERIM_ANSWERS} answers with a status below 200` });
      return;
    }
    this.#firstByteAt = this.monotonic();
    this.#status = status;
    this.#headers = rawHeaders(controller.rawHeaders);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = MAX_ANSWER_BYTES - this.#bytes;
    // A copy: undici's chunks are slices of its read buffer, which a kept slice would keep alive.
    this.#chunks.push(Buffer.from(chunk.length > room ? chunk.subarray(0, room) : chunk));
    this.#bytes += Math.min(chunk.length, room);
    // Chunks of a byte would take a hundred times the memory of what they hold.
    if (this.#chunks.length === MAX_CHUNKS) this.#chunks = [Buffer.concat(this.#chunks, this.#bytes)];
    if (chunk.length > room) this.#end(this.#answer(true));
  }

  onResponseEnd(): void {
    this.#end(this.#answer(false));
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.#end({ kind: 'network-error', message: describe(error) });
  }

  /**
   * A timer that is late means that this process stood still (no CPU, a stop signal), and answers may lie unread in the sockets: a time-out
   * then would repeat what was received. They are read first: for as long as it was late, at most a second; else in this turn.
   */
  #timeIsUp(): void {
    const lateMs = this.monotonic() - this.#dueAt;
    if (this.#hasGrace && lateMs > LATE_MS) {
      this.#hasGrace = false;
      this.#timer = setTimeout(() => this.#timeIsUp(), Math.min(lateMs, MAX_GRACE_MS));
    } else {
      setImmediate(() => this.#end({ kind: 'timeout' }));
    }
  }

  #answer(truncated: boolean): SendEnd {
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#bytes);
    return { kind: 'answered', status: this.#status, headers: this.#headers, body, truncated };
  }

  #end(end: SendEnd): void {
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#timer);
    const complete = end.kind === 'answered' && !end.truncated;
    if (!complete) this.#controller?.abort(CUT_OFF);
    const result = (end.kind !== 'answered' && this.#status !== 0 ? this.#answer(true) : end) as SendEnd & { timing: SendTiming };
    result.timing = this.#timing();
    this.done(result);
  }

  #timing(): SendTiming {
    const opened = this.#opened;
    return {
      dnsMs: opened === null ? null : opened.dnsMs,
      connectMs: opened === null ? null : opened.connectMs,
      tlsMs: opened === null ? null : opened.tlsMs,
      firstByteMs: this.#status === 0 ? null : this.#firstByteAt - this.#writtenAt,
    };
  }
}

const MAX_CHUNKS = 64;
const LATE_MS = 50;
/** Well within the margin between a request's end and its lease's. */
const MAX_GRACE_MS = 1_000;

const CUT_OFF = new Error('cut off');

function rawHeaders(raw: unknown): readonly string[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((part: Buffer | string) => (typeof part === 'string' ? part : part.toString('latin1')));
}

/** @returns a network error in words, without its stack: `connect ECONNREFUSED 127.0.0.1:1`. */
function describe(error: Error): string {
  const { errors } = error as { errors?: readonly NodeJS.ErrnoException[] };
  // Of a name with several addresses: a server that said no tells more than one that was not waited for.
  const told = errors?.find(({ code }) => code !== 'ETIMEDOUT') ?? errors?.[0];
  if (told !== undefined) return describe(told);
  const code = (error as { code?: unknown }).code;
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return `the answer's headers are longer than ${MAX_HEADER_BYTES} bytes`;
  return error.message === '' ? String(code ?? error.name) : error.message;
}
