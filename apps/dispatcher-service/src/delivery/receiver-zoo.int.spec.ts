import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eventually } from '@ringback/testbed';
import { answering, RawServer } from '../testing/raw-server.js';
import { RECEIVER_ZOO } from '../testing/receiver-zoo.js';
import { AddressCheck, parseNetworks } from './address-check.js';
import { HttpSender, MAX_ANSWER_BYTES, type OutgoingRequest, type SendResult } from './http-sender.js';

const TIMEOUT_MS = 400;
const check = new AddressCheck({ allowedNetworks: parseNetworks('127.0.0.0/8,::1/128') });

describe('a receiver', () => {
  let sender: HttpSender;
  const servers: RawServer[] = [];
  beforeEach(() => {
    sender = new HttpSender({ socketsPerDestination: 30, monotonic: () => performance.now(), check });
  });
  afterEach(async () => {
    await sender.close();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  const serve = async (...args: Parameters<typeof RawServer.start>): Promise<RawServer> => {
    const server = await RawServer.start(...args);
    servers.push(server);
    return server;
  };
  const send = (origin: string, request: Partial<OutgoingRequest> = {}): Promise<SendResult> =>
    new Promise((resolve) =>
      sender.send({ origin, path: '/', method: 'GET', headers: [], body: null, timeoutMs: TIMEOUT_MS, ...request }, resolve),
    );

  it.each(Object.entries(RECEIVER_ZOO))('%s ends as it should, in time, and leaves no connection', async (_, { on, ends }) => {
    const server = await serve(on);
    const startedAt = performance.now();
    const result = await send(server.origin(), { method: 'POST', body: Buffer.alloc(64 * 1024, 'x') });
    expect(result).toMatchObject(ends);
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + 2_000);
    if (result.kind === 'answered') expect(result.body.length).toBeLessThanOrEqual(MAX_ANSWER_BYTES);
    if (result.kind === 'answered' && !result.truncated) await sender.close();
    await eventually(() => server.open === 0 && sender.socketCount(server.origin()) === 0);
  });

  it('leaves no timer, and no memory, however much it sends', async () => {
    const origins = await Promise.all(Object.values(RECEIVER_ZOO).map(async ({ on }) => (await serve(on)).origin()));
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const timersBefore = timers();
    const round = () => Promise.all(origins.map((origin) => send(origin)));
    await round();
    const before = memoryAfterCollection();
    for (let times = 0; times < 3; times++) await round();
    await sender.close();
    await eventually(() => servers.every(({ open }) => open === 0));
    expect(memoryAfterCollection() - before).toBeLessThan(8 * 1024 * 1024);
    await eventually(() => timers() <= timersBefore);
  });

  it('that answers twice does not answer the next request', async () => {
    let requests = 0;
    const server = await serve((socket) => {
      socket.on('data', () => {
        requests++;
        const answer = (text: string) => `HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n${text}`;
        socket.write(requests === 1 ? answer('1') + answer('X') : answer(String(requests)));
      });
    });
    const bodies = [];
    for (let times = 0; times < 3; times++) {
      const result = await send(server.origin());
      bodies.push(result.kind === 'answered' && result.body.toString());
    }
    expect(bodies).toEqual(['1', '2', '3']);
  });

  it('that answers in chunks of a byte is read like any other', async () => {
    const chunks = '1\r\nx\r\n'.repeat(MAX_ANSWER_BYTES);
    const server = await serve(answering(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`));
    const result = await send(server.origin(), { timeoutMs: 10_000 });
    expect(result).toMatchObject({ kind: 'answered', truncated: false });
    expect(result.kind === 'answered' && result.body.equals(Buffer.alloc(MAX_ANSWER_BYTES, 'x'))).toBe(true);
  });

  it('is not followed where it sends one', async () => {
    const internal = await serve((socket) => socket.end());
    const server = await serve(answering(`HTTP/1.1 301 Moved\r\nlocation: ${internal.origin()}/\r\ncontent-length: 0\r\n\r\n`));
    expect(await send(server.origin())).toMatchObject({ kind: 'answered', status: 301 });
    expect(internal.connections).toBe(0);
  });

  it('is reached over IPv6', async () => {
    const server = await serve(answering('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'), { host: '::1' });
    expect(await send(server.origin('[::1]'))).toMatchObject({ kind: 'answered', status: 200 });
  });

  it('is reached by a name of the hosts file, with and without a dot at its end', async () => {
    const server = await serve(answering('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    expect(await send(server.origin('localhost'))).toMatchObject({ kind: 'answered', status: 200 });
    expect(await send(server.origin('localhost.'))).toMatchObject({ kind: 'answered', status: 200 });
  });
});

const collect = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

/** Heap and buffers, in bytes. */
function memoryAfterCollection(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
