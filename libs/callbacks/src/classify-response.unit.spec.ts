import { classifyResponse } from './classify-response.js';

const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
const HOUR_MS = 3_600_000;
const answered = (status: number, location?: string) => classifyResponse({ kind: 'answered', status, location }, NOW_MS);
const failed = (blame: 'destination' | 'callback', reason: string) => ({ result: 'retry', reason, blame, retryAfterMs: null });

describe('2xx is delivered', () => {
  it.each([200, 201, 202, 204, 299])('%i', (status) => expect(answered(status)).toEqual({ result: 'delivered' }));
});

describe('3xx ends at once, saying where it redirects to', () => {
  const over = (reason: string) => ({ result: 'exhausted', reason, blame: 'callback' });
  it.each([301, 302, 303, 307, 308])('%i', (status) =>
    expect(answered(status, 'https://elsewhere.example/')).toEqual(over('redirects to https://elsewhere.example/')),
  );
  it('without a location', () => expect(answered(304)).toEqual(over('redirects (304) without saying where to')));
  it('a location of control characters breaks no log line', () =>
    expect(answered(302, '/a\r\nb\u0000')).toEqual(over('redirects to /a  b')));
  it('an endless location is cut', () => expect(JSON.stringify(answered(302, 'x'.repeat(100_000))).length).toBeLessThan(600));
});

describe('any other status is tried again, and is the fault of the callback', () => {
  it.each([100, 400, 401, 403, 404, 408, 422, 500, 501, 505, 599])('%i', (status) =>
    expect(answered(status)).toEqual(failed('callback', `answered ${status}`)),
  );
  it('410 says that the receiver wants no more', () =>
    expect(answered(410)).toEqual(failed('callback', 'answered 410: the receiver wants no more of these')));
});

describe('what befalls everybody who asks there is the fault of the destination', () => {
  it.each([429, 502, 503, 504])('%i', (status) => expect(answered(status)).toEqual(failed('destination', `answered ${status}`)));
  it('timeout', () =>
    expect(classifyResponse({ kind: 'timeout', timeoutMs: 10_000 }, NOW_MS)).toEqual(failed('destination', 'no answer within 10000 ms')));
  it('network error', () =>
    expect(classifyResponse({ kind: 'network-error', message: 'connect ECONNREFUSED' }, NOW_MS)).toEqual(
      failed('destination', 'connect ECONNREFUSED'),
    ));
});

describe('Retry-After', () => {
  const asked = (status: number, retryAfter: string) => classifyResponse({ kind: 'answered', status, retryAfter }, NOW_MS);
  it.each([429, 503])('is heard with a %i, as seconds and as a date', (status) => {
    expect(asked(status, '3600')).toMatchObject({ result: 'retry', retryAfterMs: HOUR_MS });
    expect(asked(status, 'Mon, 23 Nov 2026 13:00:00 GMT')).toMatchObject({ result: 'retry', retryAfterMs: HOUR_MS });
  });
  it.each([400, 408, 410, 500, 502, 504])('means nothing with a %i', (status) =>
    expect(asked(status, '3600')).toMatchObject({ result: 'retry', retryAfterMs: null }),
  );
  it('means nothing with 2xx and 3xx', () => {
    expect(asked(202, '3600')).toEqual({ result: 'delivered' });
    expect(asked(301, '3600')).toMatchObject({ result: 'exhausted' });
  });
});
