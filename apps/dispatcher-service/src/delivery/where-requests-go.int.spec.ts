import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { certificates, eventually, type Certificate } from '@ringback/testbed';
import { answering, RawServer } from '../testing/raw-server.js';
import { AddressCheck, parseNetworks, parsePorts } from './address-check.js';
import { HttpSender, type HttpSenderOptions, type SendResult } from './http-sender.js';
import type { Resolved } from './name-lookup.js';

const OK = answering('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
const CONNECT_TIMEOUT_MS = 300;
const to = (...addresses: string[]): Promise<Resolved> =>
  Promise.resolve({ addresses: addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })), ttlMs: 1_000 });

describe('a request', () => {
  let sender: HttpSender;
  let server: RawServer;
  const servers: RawServer[] = [];
  let monotonicMs = 0;
  let names: Record<string, () => Promise<Resolved>> = {};
  const networks = (text: string) => new AddressCheck({ allowedNetworks: parseNetworks(text) });
  const renew = async (options: Partial<HttpSenderOptions>): Promise<void> => {
    await sender?.close();
    sender = new HttpSender({
      socketsPerDestination: 4,
      monotonic: () => monotonicMs,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      resolve: (name) => names[name]?.() ?? Promise.reject(new Error(`queryA ENOTFOUND ${name}`)),
      ...options,
    });
  };
  beforeEach(async () => {
    names = {};
    server = await serve(OK);
  });
  afterEach(async () => {
    await sender.close();
    await Promise.all(servers.splice(0).map((each) => each.stop()));
  });
  const serve = async (...args: Parameters<typeof RawServer.start>): Promise<RawServer> => {
    const started = await RawServer.start(...args);
    servers.push(started);
    return started;
  };
  /** Resolves a turn after the end: only then is a connection free again. */
  const send = (origin: string): Promise<SendResult> =>
    new Promise((resolve) =>
      sender.send({ origin, path: '/', method: 'GET', headers: [], body: null, timeoutMs: 5_000 }, (result) =>
        setImmediate(() => setImmediate(() => resolve(result))),
      ),
    );
  const refused = (message: string) => ({ kind: 'network-error', message });

  describe('to an address that is not allowed', () => {
    it.each([
      ['127.0.0.1', '127.0.0.1'],
      ['2130706433', '127.0.0.1'],
      ['0x7f.1', '127.0.0.1'],
      ['0177.0.0.1', '127.0.0.1'],
      ['127.1', '127.0.0.1'],
      ['%31%32%37.1', '127.0.0.1'],
      ['１２７.1', '127.0.0.1'],
      ['127.0.0.1.', '127.0.0.1'],
      ['0.0.0.0', '0.0.0.0'],
      ['[::1]', '::1'],
      ['[::ffff:127.0.0.1]', '::ffff:7f00:1'],
      ['[64:ff9b::7f00:1]', '64:ff9b::7f00:1'],
    ])('is not made: http://%s', async (host, address) => {
      await renew({});
      expect(await send(server.origin(host))).toMatchObject(refused(`address ${address} is not allowed`));
      expect(server.connections).toBe(0);
    });

    it.each([
      ['of the hosts file', ['127.0.0.1']],
      ['of any kind', ['10.0.0.5', '192.168.0.1']],
      ['of IPv6', ['fd00:ec2::254', '::ffff:127.0.0.1']],
      ['with a zone', ['fe80::1%lo']],
    ])('is not made by a name %s', async (_, addresses) => {
      await renew({});
      names['inside.example'] = () => to(...addresses);
      expect(await send(server.origin('INSIDE.example'))).toMatchObject(refused(`address ${addresses[0]} is not allowed`));
      expect(server.connections).toBe(0);
    });
  });

  it('by a name that leads somewhere else later is checked when it connects', async () => {
    await renew({ check: networks('127.0.0.2/32') });
    const outside = await serve(OK, { host: '127.0.0.2' });
    names['rebinding.example'] = () => to('127.0.0.2');
    expect((await send(outside.origin('rebinding.example'))).kind).toBe('answered');
    names['rebinding.example'] = () => to('127.0.0.1');
    monotonicMs += 1_001;
    // The connection that is open is the one that was checked.
    expect((await send(outside.origin('rebinding.example'))).kind).toBe('answered');
    expect(outside.connections).toBe(1);
    await outside.stop();
    await eventually(() => sender.socketCount(outside.origin('rebinding.example')) === 0);
    expect(await send(outside.origin('rebinding.example'))).toMatchObject(refused('address 127.0.0.1 is not allowed'));
  });

  it('by a name goes to those of its addresses that are allowed, and to the next where one refuses', async () => {
    await renew({ check: networks('127.0.0.2/32,127.0.0.3/32') });
    const outside = await serve(OK, { host: '127.0.0.3' });
    names['mixed.example'] = () => to('127.0.0.1', '10.0.0.1', '127.0.0.2', '127.0.0.3');
    expect((await send(outside.origin('mixed.example'))).kind).toBe('answered');
    names['dead.example'] = () => to('127.0.0.2', '127.0.0.3');
    await outside.stop();
    expect(await send(outside.origin('dead.example'))).toMatchObject(refused(`connect ECONNREFUSED 127.0.0.2:${outside.port}`));
  });

  it('asks for a name once for all connections that are opened meanwhile', async () => {
    await renew({ check: networks('127.0.0.1/32') });
    let asked = 0;
    names['busy.example'] = () => {
      asked++;
      return to('127.0.0.1');
    };
    await Promise.all(Array.from({ length: 4 }, () => send(server.origin('busy.example'))));
    expect([asked, server.connections]).toEqual([1, 4]);
  });

  it('goes to listed ports only, once there are any', async () => {
    await renew({ check: new AddressCheck({ allowedNetworks: parseNetworks('127.0.0.0/8'), allowedPorts: parsePorts('443') }) });
    expect(await send(server.origin())).toMatchObject(refused(`port ${server.port} is not allowed`));
    expect(server.connections).toBe(0);
  });

  it.each([
    ['a name that nobody answers for', 'silent.example', `no address of silent.example within ${CONNECT_TIMEOUT_MS} ms`],
    ['a handshake that is not answered', '127.0.0.1', `no connection within ${CONNECT_TIMEOUT_MS} ms`],
  ])('waits for %s as long as for a connection', async (_, host, message) => {
    await renew({ check: networks('127.0.0.0/8') });
    names['silent.example'] = () => new Promise(() => undefined);
    const mute = await serve((socket) => socket.resume());
    expect(await send(mute.origin(host, 'https'))).toMatchObject(refused(message));
    await eventually(() => mute.open === 0 && sender.socketCount(mute.origin(host, 'https')) === 0);
  });

  it('tells how long each step took, and nothing of opening where a connection was kept', async () => {
    await renew({ check: networks('127.0.0.0/8'), monotonic: () => performance.now() });
    names['timed.example'] = () => to('127.0.0.1');
    const number = expect.any(Number);
    expect((await send(server.origin('timed.example'))).timing).toEqual({
      dnsMs: number,
      connectMs: number,
      tlsMs: 0,
      firstByteMs: number,
    });
    expect((await send(server.origin('timed.example'))).timing).toEqual({ dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: number });
    expect((await send(server.origin('unknown.example'))).timing).toEqual({ dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null });
  });

  describe('over TLS', () => {
    const trusted = getCACertificates('default');
    let made: Awaited<ReturnType<typeof certificates>>;
    beforeAll(async () => {
      made = await certificates();
      setDefaultCACertificates([...trusted, made.authority]);
    });
    afterAll(() => setDefaultCACertificates(trusted));
    const secure = async (tls: Certificate) => {
      await renew({ check: networks('127.0.0.0/8') });
      names['localhost'] = () => to('127.0.0.1');
      return serve(OK, { tls });
    };

    it('goes to who can prove the name, or the address', async () => {
      const host = await secure(made.valid);
      for (const name of ['localhost', 'localhost.', '127.0.0.1']) {
        names['localhost.'] = () => to('127.0.0.1');
        expect((await send(host.origin(name))).kind).toBe('answered');
      }
    });

    it('resumes the session of an earlier connection', async () => {
      await renew({ check: networks('127.0.0.0/8') });
      names['localhost'] = () => to('127.0.0.1');
      const reused: boolean[] = [];
      const host = await serve(
        (socket) => {
          reused.push((socket as TLSSocket).isSessionReused());
          answering('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')(socket);
        },
        { tls: made.valid },
      );
      for (let times = 0; times < 2; times++) {
        expect((await send(host.origin('localhost'))).kind).toBe('answered');
        await eventually(() => host.open === 0);
      }
      expect(reused).toEqual([false, true]);
    });

    it.each([
      ['is signed by nobody known', 'selfSigned' as const, /self-signed certificate/],
      ['has expired', 'expired' as const, /certificate has expired/],
      ["is another host's", 'elsewhere' as const, /does not match certificate's altnames/],
    ])('is not made to a receiver whose certificate %s', async (_, kind, message) => {
      const host = await secure(made[kind]);
      const origin = host.origin('localhost');
      // Once more: a session that was kept must not pass for a certificate.
      for (let times = 0; times < 2; times++)
        expect(await send(origin)).toMatchObject({ kind: 'network-error', message: expect.stringMatching(message) });
      await eventually(() => host.open === 0 && sender.socketCount(origin) === 0);
    });

    it('is not made to a receiver that speaks none', async () => {
      await secure(made.valid);
      expect(await send(server.origin('127.0.0.1', 'https'))).toMatchObject({ kind: 'network-error' });
    });
  });
});
