import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { eventually, RecordingReceiver } from '@ringback/testbed';
import { AddressCheck, parseNetworks } from './address-check.js';
import { HttpSender, MAX_ANSWER_BYTES, type OutgoingRequest, type SendResult } from './http-sender.js';

const LOCAL = new AddressCheck({ allowedNetworks: parseNetworks('127.0.0.0/8') });

describe('the sender', () => {
  let receiver: RecordingReceiver;
  let sender: HttpSender;
  let monotonicMs = 0;
  beforeEach(async () => {
    receiver = await RecordingReceiver.start();
    sender = new HttpSender({ socketsPerDestination: 2, monotonic: () => monotonicMs, check: LOCAL });
  });
  afterEach(async () => {
    await sender.close();
    await receiver.stop();
  });

  const send = (request: Partial<OutgoingRequest> = {}): Promise<SendResult> =>
    new Promise((resolve) =>
      sender.send({ origin: receiver.url, path: '/', method: 'GET', headers: [], body: null, timeoutMs: 5_000, ...request }, resolve),
    );

  it('sends the bytes that it is given', async () => {
    await send({
      path: "/a%20b?x='%27",
      method: 'POST',
      headers: ['X-Name', Buffer.from('Zoë ✓', 'utf8').toString('latin1'), 'Content-Type', 'text/plain'],
      body: Buffer.from([0, 255, 10]),
    });
    const [request] = receiver.requests;
    expect(request!.rawUrl).toBe("/a%20b?x='%27");
    expect(Buffer.from(request!.header('x-name')!, 'latin1').toString('utf8')).toBe('Zoë ✓');
    expect(request!.body).toEqual(Buffer.from([0, 255, 10]));
    expect(request!.header('content-length')).toBe('3');
  });

  it('follows no redirection and inflates nothing', async () => {
    receiver.answer({ status: 301, headers: { location: '/else', 'content-encoding': 'gzip' }, body: 'not gzip' });
    const result = await send();
    expect(result).toMatchObject({ kind: 'answered', status: 301, truncated: false });
    expect(result.kind === 'answered' && result.body.toString()).toBe('not gzip');
    expect(receiver.requests).toHaveLength(1);
  });

  it('reads at most 64 KiB of an answer, which is no failure', async () => {
    receiver.answer({ status: 200, body: Buffer.alloc(10 * MAX_ANSWER_BYTES) });
    const result = await send();
    expect(result).toMatchObject({ kind: 'answered', status: 200, truncated: true });
    expect(result.kind === 'answered' && result.body.length).toBe(MAX_ANSWER_BYTES);
    receiver.answer({ body: Buffer.alloc(MAX_ANSWER_BYTES) });
    expect(await send()).toMatchObject({ kind: 'answered', truncated: false });
  });

  it('gives a request up when its time is over, and cuts the connection', async () => {
    receiver.answer('hang');
    expect(await send({ timeoutMs: 100 })).toMatchObject({ kind: 'timeout' });
    await eventually(() => receiver.requests[0]?.outcome === 'aborted');
  });

  it('reads an answer that lay waiting while the process stood still, rather than call it late', async () => {
    receiver.answer({ delayMs: 20 });
    const sent = send({ timeoutMs: 200 });
    await receiver.waitFor(1);
    // The receiver lives in this process too: its answer is due, and sent, when the loop turns again.
    const until = performance.now() + 400;
    monotonicMs += 400;
    while (performance.now() < until);
    expect(await sent).toMatchObject({ kind: 'answered', status: 200 });
  });

  it('never makes a request whose time was over before it had a connection', async () => {
    receiver.answer('hang');
    const holding = [send({ timeoutMs: 600 }), send({ timeoutMs: 600 })];
    await receiver.waitFor(2);
    expect(await send({ path: '/late', timeoutMs: 50 })).toMatchObject({ kind: 'timeout' });
    receiver.answer({});
    await Promise.all(holding);
    expect(await send({ path: '/next' })).toMatchObject({ kind: 'answered' });
    expect(receiver.on('/late')).toHaveLength(0);
  });

  it('says what the network said', async () => {
    await receiver.refuse();
    expect(await send()).toMatchObject({ kind: 'network-error', message: expect.stringContaining('ECONNREFUSED') });
    expect(await send({ origin: 'http://no-such-host.invalid:80' })).toMatchObject({
      kind: 'network-error',
      message: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    });
  });

  it('counts an answer from its status on: a body that breaks off, or trickles, only is shorter', async () => {
    const broken = await rawServer('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', true);
    expect(await send({ origin: broken.origin })).toMatchObject({ kind: 'answered', status: 200, truncated: true });
    broken.server.close();
    const trickling = await rawServer('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', false);
    expect(await send({ origin: trickling.origin, timeoutMs: 200 })).toMatchObject({ kind: 'answered', status: 200, truncated: true });
    trickling.server.close();
  });

  it('takes an answer that is no HTTP for a network error', async () => {
    const odd = await rawServer('SSH-2.0-OpenSSH_9.7\r\n', true);
    expect((await send({ origin: odd.origin })).kind).toBe('network-error');
    odd.server.close();
  });

  it('uses at most so many connections for a destination, again and again', async () => {
    receiver.answer({ delayMs: 5 });
    await Promise.all(Array.from({ length: 20 }, () => send()));
    expect(receiver.maxOpen).toBeLessThanOrEqual(2);
  });

  it('closes pools that had nothing to do for a minute', async () => {
    await send();
    expect(sender.poolCount).toBe(1);
    monotonicMs += 59_000;
    sender.closeIdlePools();
    expect(sender.poolCount).toBe(1);
    monotonicMs += 2_000;
    sender.closeIdlePools();
    expect(sender.poolCount).toBe(0);
    expect(await send()).toMatchObject({ kind: 'answered' });
  });
});

async function rawServer(answer: string, ends: boolean): Promise<{ server: Server; origin: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => (ends ? socket.end(answer) : socket.write(answer)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
