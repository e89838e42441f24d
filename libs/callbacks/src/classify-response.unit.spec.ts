import { classifyResponse } from './classify-response.js';

const answered = (status: number, location?: string) => classifyResponse({ kind: 'answered', status, location });

describe('2xx is delivered', () => {
  it.each([200, 201, 202, 204, 299])('%i', (status) => expect(answered(status)).toEqual({ result: 'delivered' }));
});

describe('3xx ends at once, saying where it redirects to', () => {
  it.each([301, 302, 303, 307, 308])('%i', (status) =>
    expect(answered(status, 'https://elsewhere.example/')).toEqual({
      result: 'exhausted',
      reason: 'redirects to https://elsewhere.example/',
    }),
  );
  it('without a location', () => expect(answered(304)).toEqual({ result: 'exhausted', reason: 'redirects (304) without saying where to' }));
  it('a location of control characters breaks no log line', () =>
    expect(answered(302, '/a\r\nb\u0000')).toEqual({ result: 'exhausted', reason: 'redirects to /a  b' }));
  it('an endless location is cut', () => expect(JSON.stringify(answered(302, 'x'.repeat(100_000))).length).toBeLessThan(600));
});

describe('any other status, a timeout and a network error are tried again', () => {
  it.each([100, 400, 401, 404, 408, 410, 422, 429, 500, 502, 503, 504, 599])('%i', (status) =>
    expect(answered(status)).toEqual({ result: 'retry', reason: `answered ${status}` }),
  );
  it('timeout', () =>
    expect(classifyResponse({ kind: 'timeout', timeoutMs: 10_000 })).toEqual({ result: 'retry', reason: 'no answer within 10000 ms' }));
  it('network error', () =>
    expect(classifyResponse({ kind: 'network-error', message: 'connect ECONNREFUSED' })).toEqual({
      result: 'retry',
      reason: 'connect ECONNREFUSED',
    }));
});
