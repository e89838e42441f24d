import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Socket } from 'node:net';
import { eventually } from '@ringback/testbed';
import { answering, dripping, endless, RawServer } from '../testing/raw-server.js';
import { AddressCheck, parseNetworks } from './address-check.js';
import { MAX_BYTES_PER_REQUEST } from './bound-answer.js';
import { HttpSender, MAX_ANSWER_BYTES, type OutgoingRequest, type SendResult } from './http-sender.js';

const TIMEOUT_MS = 400;
const GET_ON = '\r\n\r\n';
const KIB_64 = Buffer.alloc(64 * 1024, 'x');
const CUT_ANSWER = { kind: 'answered', status: 200, truncated: true };

/** Each is a way in which receivers break, and what the sender makes of it. */
const ZOO: Record<string, { on: (socket: Socket) => void; ends: object }> = {
  'that says nothing': { on: (socket) => socket.resume(), ends: { kind: 'timeout' } },
  'that says nothing after its headers': { on: answering('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n'), ends: CUT_ANSWER },
  'that drips its headers, a byte at a time': { on: dripping('HTTP/1.1 200 OK\r\nx: ', 5), ends: { kind: 'timeout' } },
  'that drips its body, a byte at a time': { on: dripping('HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n', 2), ends: CUT_ANSWER },
  'that sends 1 GB': { on: endless(`HTTP/1.1 200 OK\r\ncontent-length: ${2 ** 30}${GET_ON}`, KIB_64), ends: CUT_ANSWER },
  'that sends without end': { on: endless(`HTTP/1.1 200 OK${GET_ON}`, KIB_64), ends: CUT_ANSWER },
  'that sends chunks without end': {
    on: endless(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked${GET_ON}`, Buffer.from('1\r\nx\r\n'.repeat(10_000))),
    ends: CUT_ANSWER,
  },
  'that sends a chunk extension without end': {
    on: endless(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked${GET_ON}1;a=`, KIB_64),
    ends: CUT_ANSWER,
  },
  'that sends trailers without end': {
    on: endless(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked${GET_ON}1\r\nx\r\n0\r\n`, Buffer.from('a: b\r\n'.repeat(1_000))),
    ends: CUT_ANSWER,
  },
  'that sends 10 MB in one header': {
    on: endless('HTTP/1.1 200 OK\r\nx: ', KIB_64),
    ends: { kind: 'network-error', message: "the answer's headers are longer than 16384 bytes" },
  },
  'that sends headers without end': {
    on: endless('HTTP/1.1 200 OK\r\n', Buffer.from('a: b\r\n'.repeat(10_000))),
    ends: { kind: 'network-error', message: "the answer's headers are longer than 16384 bytes" },
  },
  'that sends a reason phrase without end': {
    on: endless('HTTP/1.1 200 ', KIB_64),
    ends: { kind: 'network-error', message: `the answer is longer than ${MAX_BYTES_PER_REQUEST} bytes` },
  },
  'that sends empty lines without end': {
    on: endless('', Buffer.from('\r\n'.repeat(10_000))),
    ends: { kind: 'network-error', message: `the answer is longer than ${MAX_BYTES_PER_REQUEST} bytes` },
  },
  'that sends "100 Continue" without end': {
    on: endless('', Buffer.from(`HTTP/1.1 100 Continue${GET_ON}`.repeat(1_000))),
    ends: { kind: 'network-error', message: 'bad response' },
  },
  'that sends early hints without end': {
    on: endless('', Buffer.from(`HTTP/1.1 103 Early Hints\r\nlink: </a>${GET_ON}`.repeat(1_000))),
    ends: { kind: 'network-error', message: 'more than 20 answers with a status below 200' },
  },
  'that drips early hints': {
    on: (socket) => {
      const timer = setInterval(() => socket.write(`HTTP/1.1 103 Early Hints${GET_ON}`), 50);
      socket.on('close', () => clearInterval(timer)).resume();
    },
    ends: { kind: 'timeout' },
  },
  'that changes the protocol': {
    on: answering(`HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade${GET_ON}`),
    ends: { kind: 'network-error', message: 'bad upgrade' },
  },
  'with a malformed status line': { on: answering('HTTP/1.1 abc\r\n\r\n'), ends: { kind: 'network-error' } },
  'with a status of four digits': { on: answering('HTTP/1.1 2000 OK\r\n\r\n'), ends: { kind: 'network-error' } },
  'of HTTP/0.9': { on: answering('<html>hello</html>', (socket) => socket.end()), ends: { kind: 'network-error' } },
  'of another protocol': { on: (socket) => socket.end('SSH-2.0-OpenSSH_9.7\r\n').resume(), ends: { kind: 'network-error' } },
  'with two lengths': {
    on: answering('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'),
    ends: { kind: 'network-error' },
  },
  'with a length and chunks': {
    on: answering('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'),
    ends: { kind: 'network-error' },
  },
  'with a NUL in a header': { on: answering('HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n'), ends: { kind: 'network-error' } },
  'that closes at once': { on: (socket) => socket.end().resume(), ends: { kind: 'network-error', message: 'other side closed' } },
  'that resets at once': { on: (socket) => socket.resetAndDestroy(), ends: { kind: 'network-error' } },
  'that resets before it answers': {
    on: (socket) => socket.once('data', () => socket.resetAndDestroy()),
    ends: { kind: 'network-error', message: expect.stringContaining('ECONNRESET') },
  },
  'that resets in the middle of its body': {
    on: answering('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', (socket) => setTimeout(() => socket.resetAndDestroy(), 20)),
    ends: CUT_ANSWER,
  },
  'that closes in the middle of its body': {
    on: answering('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', (socket) => socket.end()),
    ends: CUT_ANSWER,
  },
  'that breaks off within its headers': {
    on: answering('HTTP/1.1 200 OK\r\ncontent-le', (socket) => socket.end()),
    ends: { kind: 'network-error', message: 'other side closed' },
  },
  'that answers before it has read the request': {
    on: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok').resume(),
    ends: { kind: 'answered', status: 200 },
  },
  'that says 204 and sends a body': {
    on: answering('HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello'),
    ends: { kind: 'answered', status: 204, truncated: false },
  },
};

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

  it.each(Object.entries(ZOO))('%s ends as it should, in time, and leaves no connection', async (_, { on, ends }) => {
    const server = await serve(on);
    const startedAt = performance.now();
    const result = await send(server.origin(), { method: 'POST', body: KIB_64 });
    expect(result).toMatchObject(ends);
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + 2_000);
    if (result.kind === 'answered') expect(result.body.length).toBeLessThanOrEqual(MAX_ANSWER_BYTES);
    if (result.kind === 'answered' && !result.truncated) await sender.close();
    await eventually(() => server.open === 0 && sender.socketCount(server.origin()) === 0);
  });

  it('leaves no timer, and no memory, however much it sends', async () => {
    const origins = await Promise.all(Object.values(ZOO).map(async ({ on }) => (await serve(on)).origin()));
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
