import { MAX_BAD_EXCHANGE_BYTES, MAX_GOOD_EXCHANGE_BYTES, packExchange, unpackExchange, type Exchange } from './exchange.js';

const EXCHANGE: Exchange = {
  method: 'POST',
  url: 'https://tracker.example/pb?c=1',
  requestHeaders: ['content-type', 'application/json'],
  requestBody: Buffer.from('{"ä":1}'),
  response: { headers: ['server', 'x'], body: Buffer.from([0, 0xff, 0xc3]), truncated: false },
  timing: { dnsMs: 0.26, connectMs: 12.04, tlsMs: 30, firstByteMs: 80.16 },
};

describe('a stored exchange', () => {
  it('comes back as it was, its timing to a tenth of a millisecond', () => {
    const stored = unpackExchange(packExchange(EXCHANGE, MAX_GOOD_EXCHANGE_BYTES));
    expect(stored).toEqual({
      method: 'POST',
      url: EXCHANGE.url,
      requestHeaders: EXCHANGE.requestHeaders,
      requestCut: false,
      requestBody: { kept: EXCHANGE.requestBody, bytes: 8, truncated: false },
      response: {
        headers: ['server', 'x'],
        headersCut: false,
        body: { kept: EXCHANGE.response!.body, bytes: 3, truncated: false },
      },
      timing: { dnsMs: 0.3, connectMs: 12, tlsMs: 30, firstByteMs: 80.2 },
    });
  });

  it('may lack a body, or an answer', () => {
    const stored = unpackExchange(packExchange({ ...EXCHANGE, requestBody: null, response: null }, 1024));
    expect(stored.requestBody).toBeNull();
    expect(stored.response).toBeNull();
  });

  it('tells a connection that was kept alive from one that was opened, and from none', () => {
    const timings = [
      { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: 81.5 },
      { dnsMs: 0, connectMs: 0.1, tlsMs: 0, firstByteMs: null },
      { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null },
    ];
    for (const timing of timings) expect(unpackExchange(packExchange({ ...EXCHANGE, timing }, 1024)).timing).toEqual(timing);
  });

  it('of before timing was kept can be read', () => {
    const head = Buffer.from('{"m":"GET","u":"http://a/","q":[]}');
    const packed = Buffer.concat([Buffer.from([0, 0, 0, head.length]), head]);
    expect(unpackExchange(packed)).toMatchObject({ method: 'GET', timing: null, response: null });
  });

  it.each([MAX_GOOD_EXCHANGE_BYTES, MAX_BAD_EXCHANGE_BYTES])('stays about within %d bytes, whatever is large in it', (maxBytes) => {
    const large = 'x'.repeat(100_000);
    const headers = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? `name-${index}` : large.slice(0, 400)));
    const packed = packExchange(
      {
        method: 'POST',
        url: `https://tracker.example/${large}`,
        requestHeaders: headers,
        requestBody: Buffer.from(large),
        response: { headers, body: Buffer.from(large).subarray(0, 65_536), truncated: true },
        timing: EXCHANGE.timing,
      },
      maxBytes,
    );
    expect(packed.length).toBeLessThan(maxBytes * 1.2 + 200);
    const stored = unpackExchange(packed);
    expect(stored.requestBody).toMatchObject({ bytes: 100_000, truncated: true });
    expect(stored.response!.body).toMatchObject({ bytes: 65_536, truncated: true });
    expect(stored.response!.body.kept.length).toBeGreaterThan(maxBytes / 8);
    expect([stored.requestCut, stored.response!.headersCut]).toEqual([true, true]);
  });

  it('keeps 16 KiB of an error page, and the request whole beside it', () => {
    const requestBody = Buffer.alloc(2_000, 'q');
    const response = { headers: ['server', 'x'], body: Buffer.alloc(60_000, 'e'), truncated: false };
    const stored = unpackExchange(packExchange({ ...EXCHANGE, requestBody, response }, MAX_BAD_EXCHANGE_BYTES));
    expect(stored.response!.body.kept.length).toBe(16 * 1024);
    expect(stored.requestBody).toMatchObject({ bytes: 2_000, truncated: false });
    expect([stored.requestCut, stored.response!.headersCut]).toEqual([false, false]);
  });

  it('leaves the room that a short answer does not need to the request', () => {
    const requestBody = Buffer.alloc(800, 'q');
    const stored = unpackExchange(packExchange({ ...EXCHANGE, requestBody }, MAX_GOOD_EXCHANGE_BYTES));
    expect(stored.requestBody!.truncated).toBe(false);
    expect(stored.response!.body.truncated).toBe(false);
  });
});
