import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface RawServerOptions {
  readonly host?: string;
  /** PEM; makes it a TLS server. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A server without manners: what it does with a connection is the spec's. It counts them. */
export class RawServer {
  readonly #sockets = new Set<Socket>();
  /** Connections so far. */
  connections = 0;

  /** While it listens, and after. */
  port = 0;

  private constructor(
    private readonly server: Server,
    private readonly protocol: string,
  ) {}

  static async start(onSocket: (socket: Socket) => void, { host = '127.0.0.1', tls }: RawServerOptions = {}): Promise<RawServer> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const raw = new RawServer(server, tls === undefined ? 'http' : 'https');
    server.on('connection', (socket: Socket) => {
      raw.connections++;
      raw.#sockets.add(socket);
      socket.on('close', () => raw.#sockets.delete(socket));
      socket.on('error', () => undefined);
    });
    server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      socket.on('error', () => undefined);
      onSocket(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    raw.port = (server.address() as AddressInfo).port;
    return raw;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Scheme, host and port. */
  origin(host = '127.0.0.1', protocol = this.protocol): string {
    return `${protocol}://${host}:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Answers each request (told by its empty line) with these bytes. */
export function answering(bytes: string, after: (socket: Socket) => void = () => undefined): (socket: Socket) => void {
  return (socket) => {
    socket.on('data', (data) => {
      if (!data.includes('\r\n\r\n')) return;
      socket.write(bytes, 'latin1');
      after(socket);
    });
  };
}

/** Sends a beginning, and then the same again and again for as long as anyone reads. */
export function endless(beginning: string, piece: Buffer): (socket: Socket) => void {
  return (socket) => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.once('data', () => {
      socket.write(beginning, 'latin1');
      socket.on('drain', more);
      more();
    });
  };
}

/** Sends a beginning, and then a byte now and then, without an end. */
export function dripping(beginning: string, everyMs: number): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', () => {
      socket.write(beginning, 'latin1');
      const timer = setInterval(() => socket.write('x'), everyMs);
      socket.on('close', () => clearInterval(timer));
    });
  };
}
