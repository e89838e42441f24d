import { connect } from 'node:net';
import { RecordingReceiver } from './recording-receiver.js';

let receiver: RecordingReceiver;
beforeEach(async () => {
  receiver = await RecordingReceiver.start();
});
afterEach(async () => {
  await receiver.stop();
});

/** Sends bytes as they are and resolves with the answer's when the other side closes. */
function raw(port: number, request: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(request, 'latin1'));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

describe('the recording receiver', () => {
  it('keeps target, headers and body as they stood on the wire', async () => {
    await raw(
      receiver.port,
      'POST /a%20b?x=1&x=%C3%A9 HTTP/1.1\r\nHost: h\r\nX-Twice: 1\r\nx-twice: \xff\r\nwebhook-id: d1\r\nConnection: close\r\nContent-Length: 3\r\n\r\n\x00\xfe!',
    );
    const [request] = await receiver.waitFor(1);
    expect(request).toMatchObject({ method: 'POST', path: '/a%20b', rawUrl: '/a%20b?x=1&x=%C3%A9', webhookId: 'd1' });
    expect(request?.headers.filter(([name]) => name.toLowerCase() === 'x-twice')).toEqual([
      ['X-Twice', '1'],
      ['x-twice', '\xff'],
    ]);
    expect([...request!.body]).toEqual([0, 0xfe, 0x21]);
  });

  it('answers bytes that are no UTF-8, as told per request', async () => {
    receiver.answer((request) => (request.path === '/bad' ? { status: 500, body: Buffer.from([0, 0xff]) } : { status: 204 }));
    const bad = await fetch(`${receiver.url}/bad`);
    expect(bad.status).toBe(500);
    expect([...new Uint8Array(await bad.arrayBuffer())]).toEqual([0, 0xff]);
    expect((await fetch(`${receiver.url}/good`)).status).toBe(204);
  });

  it('counts requests by webhook-id', async () => {
    for (const id of ['a', 'b', 'a']) await fetch(receiver.url, { headers: { 'webhook-id': id } });
    expect(Object.fromEntries(receiver.countsById())).toEqual({ a: 2, b: 1 });
    expect(receiver.repeats).toBe(1);
  });

  it('hangs until its sender goes away', async () => {
    receiver.answer('hang');
    const aborted = new AbortController();
    const answer = fetch(receiver.url, { signal: aborted.signal });
    const [request] = await receiver.waitFor(1);
    expect(receiver.open).toBe(1);
    aborted.abort();
    await expect(answer).rejects.toThrow();
    await receiver.waitFor(1, { matches: ({ outcome }) => outcome === 'aborted' });
    expect([request?.outcome, receiver.open]).toEqual(['aborted', 0]);
  });

  it('refuses connections, and takes them again on the same port', async () => {
    await receiver.refuse();
    await expect(fetch(receiver.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await receiver.accept();
    expect((await fetch(receiver.url)).status).toBe(200);
  });
});
