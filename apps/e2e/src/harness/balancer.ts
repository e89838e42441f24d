import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What a Service of Kubernetes is to its clients: one address, before whichever instances are its endpoints now. Connections are shared out
 * in turn when they are made; those of an endpoint that was removed live on until one side ends them.
 */
export class Balancer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #endpoints: number[] = [];
  #turn = 0;

  private constructor() {
    this.#server = createServer((client) => this.#forward(client));
  }

  static async start(): Promise<Balancer> {
    const balancer = new Balancer();
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that are made from now on go to these ports. */
  endpoints(ports: readonly number[]): void {
    this.#endpoints = [...ports];
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #forward(client: Socket): void {
    const port = this.#endpoints[this.#turn++ % this.#endpoints.length];
    if (port === undefined) return void client.destroy();
    const instance = connect({ host: '127.0.0.1', port, noDelay: true });
    for (const [from, to] of [
      [client, instance],
      [instance, client],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      // Ends the other side once all that was read has gone there.
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => this.#sockets.delete(from));
    }
  }
}
