import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { AddressCheck } from './address-check.js';
import type { NameLookup } from './name-lookup.js';
import { boundAnswer } from './bound-answer.js';

/** Most addresses of a name that are tried, one after the other. */
const MAX_ADDRESSES = 4;
/** How long one address is tried before the next, in ms (RFC 8305: 250 at most by default; half the world is that far away). */
const NEXT_ADDRESS_MS = 500;
const TCP_KEEP_ALIVE_MS = 60_000;
/** TLS sessions kept, so that a new connection to a known server costs no full handshake. */
const MAX_SESSIONS = 1_000;

/** As undici asks for a socket. */
export interface ConnectTarget {
  /** A name, or an address without brackets. */
  readonly hostname: string;
  readonly protocol: string;
  /** Empty: the protocol's own. */
  readonly port: string;
}

/** How long each step took, in ms. */
export interface ConnectTiming {
  readonly dnsMs: number;
  readonly connectMs: number;
  /** 0 without TLS. */
  readonly tlsMs: number;
}

export interface CheckedConnectOptions {
  readonly names: NameLookup;
  readonly check: AddressCheck;
  /** From the name to the end of the TLS handshake, in ms. */
  readonly timeoutMs: number;
  readonly monotonic: () => number;
}

/**
 * Opens sockets to where callbacks may go. A name is looked up once and its addresses are checked before any is tried; that of the socket
 * that opens is checked again. A kept-alive socket is the one that was checked.
 */
export class CheckedConnect {
  readonly #sessions = new Map<string, Buffer>();
  /** Set while a new socket is handed over: what is written to it then is its first request. */
  opened: ConnectTiming | null = null;

  constructor(private readonly options: CheckedConnectOptions) {}

  /** Calls back exactly once, never before it returns. Errors say in words what was refused, or what the network said. */
  readonly open = (
    target: ConnectTarget,
    done: (...result: [error: Error, socket: null] | [error: null, socket: Socket]) => void,
  ): void => {
    const { check, timeoutMs, monotonic } = this.options;
    const { hostname } = target;
    const isTls = target.protocol === 'https:';
    const port = target.port === '' ? (isTls ? 443 : 80) : Number(target.port);
    const refusal = check.allowsPort(port)
      ? isIP(hostname) === 0
        ? null
        : this.#refusal(hostname)
      : new Error(`port ${port} is not allowed`);
    if (refusal !== null) {
      process.nextTick(done, refusal, null);
      return;
    }
    const startedAt = monotonic();
    let resolvedAt = startedAt;
    let connectedAt = startedAt;
    let isOver = false;
    const socket = this.#start(hostname, port, isTls, () => (resolvedAt = monotonic()));
    const timer = setTimeout(() => {
      // What has arrived meanwhile comes first.
      setImmediate(() => isOver || socket.destroy(new Error(`no connection within ${timeoutMs} ms`)));
    }, timeoutMs);
    const fail = (error: Error): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      done(error, null);
    };
    socket.once('connect', () => {
      connectedAt = monotonic();
      const refused = this.#refusal(socket.remoteAddress ?? '');
      if (refused !== null) socket.destroy(refused);
    });
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      if (isOver || socket.destroyed) return;
      isOver = true;
      clearTimeout(timer);
      boundAnswer(socket);
      this.opened = { dnsMs: resolvedAt - startedAt, connectMs: connectedAt - resolvedAt, tlsMs: isTls ? monotonic() - connectedAt : 0 };
      done(null, socket);
      this.opened = null;
    });
    // Both stay for the socket's life: an error that comes late must not be one that nobody listens to.
    socket.on('error', fail);
    socket.once('close', () => fail(new Error('closed before it was open')));
  };

  #start(hostname: string, port: number, isTls: boolean, onResolved: () => void): Socket {
    const tcp = {
      host: hostname,
      port,
      lookup: this.#lookup(onResolved),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    };
    if (!isTls) return connectTcp(tcp);
    const servername = isIP(hostname) === 0 ? hostname.replace(/\.$/, '') : '';
    const key = `${hostname}:${port}`;
    const session = this.#sessions.get(key);
    const socket = connectTls({ ...tcp, servername, ALPNProtocols: ['http/1.1'], ...(session ? { session } : {}) });
    // Comes only after the certificate was verified.
    socket.on('session', (fresh: Buffer) => this.#keepSession(key, fresh));
    return socket satisfies TLSSocket;
  }

  /** What the socket connects to: the name's addresses that are allowed. */
  #lookup(onResolved: () => void): LookupFunction {
    return (name, { all }, done) => {
      this.options.names.lookup(name, (result) => {
        onResolved();
        if (!result.ok) {
          done(result.error, []);
          return;
        }
        const allowed = result.addresses.filter(({ address }) => this.options.check.allows(address)).slice(0, MAX_ADDRESSES);
        if (allowed.length === 0) done(this.#refusal(result.addresses[0]?.address ?? ''), []);
        else if (all === true) done(null, allowed);
        else done(null, allowed[0]!.address, allowed[0]!.family);
      });
    };
  }

  #refusal(address: string): Error | null {
    return this.options.check.allows(address) ? null : new Error(`address ${address} is not allowed`);
  }

  #keepSession(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    if (this.#sessions.size >= MAX_SESSIONS) this.#sessions.delete(this.#sessions.keys().next().value!);
    this.#sessions.set(key, session);
  }
}
