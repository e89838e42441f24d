import { MAX_BAD_EXCHANGE_BYTES, MAX_GOOD_EXCHANGE_BYTES, packExchange, unpackExchange, type Exchange } from './exchange.js';

const EXCHANGE: Exchange = {
  method: 'POST',
  url: 'https://tracker.example/pb?c=1',
  requestHeaders: ['content-type', 'application/json'],
  requestBody: Buffer.from('{"ä":1}'),
  response: { headers: ['server', 'x'], body: Buffer.from([0, 0xff, 0xc3]), truncated: false },
};

describe('a stored exchange', () => {
  it('comes back as it was', () => {
    const stored = unpackExchange(packExchange(EXCHANGE, MAX_GOOD_EXCHANGE_BYTES));
    expect(stored).toEqual({
      method: 'POST',
      url: EXCHANGE.url,
      requestHeaders: EXCHANGE.requestHeaders,
      requestBody: { kept: EXCHANGE.requestBody, bytes: 8, truncated: false },
      response: { headers: ['server', 'x'], body: { kept: EXCHANGE.response!.body, bytes: 3, truncated: false } },
    });
  });

  it('may lack a body, or an answer', () => {
    const stored = unpackExchange(packExchange({ ...EXCHANGE, requestBody: null, response: null }, 1024));
    expect(stored.requestBody).toBeNull();
    expect(stored.response).toBeNull();
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
      },
      maxBytes,
    );
    expect(packed.length).toBeLessThan(maxBytes * 1.2 + 200);
    const stored = unpackExchange(packed);
    expect(stored.requestBody).toMatchObject({ bytes: 100_000, truncated: true });
    expect(stored.response!.body).toMatchObject({ bytes: 65_536, truncated: true });
    expect(stored.response!.body.kept.length).toBeGreaterThan(maxBytes / 8);
  });
});
