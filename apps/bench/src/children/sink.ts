import { logNormal, percentiles, seededRandom, type Percentiles } from '../measure/statistics.js';
import { sharedClockMs } from './calls.js';
import { Delays } from './delays.js';
import { SinkPort, type Behaviour, type SinkRequest, type SinkSocket } from './sink-port.js';

export interface PortReport {
  readonly port: number;
  readonly requests: number;
  /** First 2xx for an id. */
  readonly answered: number;
  /** Requests for an id that had one before. */
  readonly repeats: number;
  readonly open: number;
}

export interface SinkReport {
  readonly ports: readonly PortReport[];
  /** Different `webhook-id`s since the start. */
  readonly ids: number;
  /** Of those, answered 2xx at least once. */
  readonly answeredIds: number;
  readonly requests: number;
  readonly repeats: number;
  readonly open: number;
}

/** A request to be made again, byte for byte. */
export interface SampleRequest {
  readonly method: string;
  readonly path: string;
  /** name, value, name, value… without what the client sets itself (Host, Connection, Content-Length). */
  readonly headers: readonly string[];
  readonly body: string;
}

const DRIP_MS = 1_000;
const DRIPPED = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok';

/** Many destinations in one process: what arrived, when, how often, and answers as each destination behaves. */
export class Sink {
  readonly #ports = new Map<number, SinkPort>();
  readonly #counts = new Map<string, number>();
  readonly #answeredIds = new Set<string>();
  readonly #arrivals = new Map<string, number>();
  #keepsArrivals = false;
  readonly #delays = new Delays();
  readonly #trackerMs = logNormal(80, 1_000, seededRandom(1));
  readonly #answers = new Map<number, Buffer>();
  #last: SinkRequest | null = null;

  async listen(ports: readonly number[], behaviour: Behaviour): Promise<void> {
    for (const port of ports) this.#ports.set(port, new SinkPort(port, (request, to) => this.#received(request, to)));
    await this.behave(ports, behaviour);
  }

  async behave(ports: readonly number[], behaviour: Behaviour): Promise<void> {
    await Promise.all(ports.map((port) => this.#ports.get(port)!.behave(behaviour)));
  }

  /** Starts counting anew; what ids are known stays known. */
  forget(): void {
    for (const port of this.#ports.values()) port.forget();
  }

  report(): SinkReport {
    const ports = [...this.#ports.values()].map(({ port, requests, answered, repeats, open }) => ({
      port,
      requests,
      answered,
      repeats,
      open,
    }));
    const sum = (of: (port: PortReport) => number) => ports.reduce((total, port) => total + of(port), 0);
    return {
      ports,
      ids: this.#counts.size,
      answeredIds: this.#answeredIds.size,
      requests: sum(({ requests }) => requests),
      repeats: sum(({ repeats }) => repeats),
      open: sum(({ open }) => open),
    };
  }

  /** Of some ports: from an event's recorded time (in its delivery's id) to its first request, or to its first 2xx; ms. */
  latencies(ports: readonly number[], until: 'start' | 'answered'): Percentiles {
    return percentiles(ports.flatMap((port) => (until === 'start' ? this.#ports.get(port)!.startMs : this.#ports.get(port)!.answeredMs)));
  }

  keepArrivals(keeps: boolean): void {
    this.#keepsArrivals = keeps;
    this.#arrivals.clear();
  }

  /** @returns path → when its first request was read, by the shared clock. */
  arrivals(): Map<string, number> {
    return this.#arrivals;
  }

  /** @returns how often each `webhook-id` came. */
  counts(): Map<string, number> {
    return this.#counts;
  }

  sample(): SampleRequest {
    if (this.#last === null) throw new Error('no request has come yet');
    const [first, ...lines] = this.#last.head.split('\r\n');
    const [method, path] = first!.split(' ');
    const headers = lines.flatMap((line) => {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon);
      return /^(host|connection|content-length)$/i.test(name) ? [] : [name, line.slice(colon + 1).trim()];
    });
    return { method: method!, path: path!, headers, body: this.#last.body.toString('utf8') };
  }

  #received(request: SinkRequest, port: SinkPort): void {
    const at = performance.timeOrigin + performance.now();
    const id = idOf(request.head);
    const before = this.#counts.get(id) ?? 0;
    this.#counts.set(id, before + 1);
    if (before > 0) port.repeats++;
    else if (id !== '') port.startMs.push(at - recordedAtMs(id));
    this.#last = request;
    if (this.#keepsArrivals) {
      const path = pathOf(request.head);
      if (!this.#arrivals.has(path)) this.#arrivals.set(path, sharedClockMs());
    }
    this.#answer(request.socket, id, port);
  }

  #answer(socket: SinkSocket, id: string, port: SinkPort): void {
    const { behaviour } = port;
    switch (behaviour.kind) {
      case 'answer': {
        const { status, delay } = behaviour;
        if (delay === 'none') this.#send(socket, status, id, port);
        else this.#delays.after(delay === 'log-normal' ? this.#trackerMs() : delay, () => this.#send(socket, status, id, port));
        return;
      }
      case 'drip':
        port.hold(socket);
        drip(socket);
        return;
      case 'hang':
      case 'refuse':
        port.hold(socket);
        return;
    }
  }

  #send(state: SinkSocket, status: number, id: string, port: SinkPort): void {
    if (state.socket.destroyed) return;
    state.pending--;
    port.open--;
    let answer = this.#answers.get(status);
    if (answer === undefined) {
      answer = Buffer.from(`HTTP/1.1 ${status} Answer\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok`);
      this.#answers.set(status, answer);
    }
    if (status < 300 && !this.#answeredIds.has(id)) {
      this.#answeredIds.add(id);
      port.answered++;
      if (id !== '') port.answeredMs.push(performance.timeOrigin + performance.now() - recordedAtMs(id));
    }
    state.socket.write(answer);
  }
}

function drip({ socket }: SinkSocket): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || sent === DRIPPED.length) clearInterval(timer);
    else socket.write(DRIPPED[sent++]!);
  }, DRIP_MS);
  socket.once('close', () => clearInterval(timer));
}

function idOf(head: string): string {
  const at = head.indexOf('\r\nwebhook-id: ');
  return at === -1 ? '' : head.slice(at + 14, at + 50);
}

function pathOf(head: string): string {
  const from = head.indexOf(' ') + 1;
  return head.slice(from, head.indexOf(' ', from));
}

/** A delivery's id begins with 48 bits of when its event was recorded. */
function recordedAtMs(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
