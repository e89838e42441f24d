import { pauseInputSchema } from './pauses-api.js';
import { fieldErrors } from './problem.js';
import { waitingQuerySchema } from './waiting-api.js';

function complaints(input: unknown) {
  const parsed = pauseInputSchema.safeParse(input);
  return parsed.success ? [] : fieldErrors(parsed.error);
}

describe('a pause', () => {
  it.each([
    [{ scope: 'all' }],
    [{ scope: 'all', key: null, reason: null }],
    [{ scope: 'destination', key: 'https://tracker.example.com' }],
    [{ scope: 'affiliate', key: 7 }],
    [{ scope: 'callback', key: '2147483647', reason: 'maintenance' }],
  ])('%j can be made', (input) => {
    expect(complaints(input)).toEqual([]);
  });

  it.each([
    [{}, 'scope', /"all"/],
    [{ scope: 'offer', key: 1 }, 'scope', /"all"/],
    [{ scope: 'all', key: 7 }, 'key', /remove it/],
    [{ scope: 'destination' }, 'key', /is needed: it must be the scheme, host and port/],
    [{ scope: 'destination', key: 7 }, 'key', /such as "https:/],
    [{ scope: 'affiliate' }, 'key', /is needed: it must be the id of the affiliate/],
    [{ scope: 'affiliate', key: 'Acme' }, 'key', /must be the id of the affiliate/],
    [{ scope: 'affiliate', key: '07' }, 'key', /must be the id of the affiliate/],
    [{ scope: 'callback', key: 0 }, 'key', /must be the id of the callback/],
    [{ scope: 'callback', key: 1.5 }, 'key', /must be text or an integer/],
    [{ scope: 'callback', key: 2_147_483_648 }, 'key', /must be the id of the callback/],
    [{ scope: 'callback', key: 1, reason: 'a\u0000b' }, 'reason', /remove the character/],
    [{ scope: 'callback', key: 1, until: 'tomorrow' }, 'until', /remove it/],
  ])('%j is refused, naming the field and the remedy', (input, path, message) => {
    expect(complaints(input)).toEqual([{ path, message: expect.stringMatching(message) }]);
  });
});

describe('the question what waits', () => {
  it('is for destinations by default, fifty at a time', () => {
    expect(waitingQuerySchema.parse({})).toEqual({ limit: 50 });
    expect(waitingQuerySchema.parse({ callbackId: '7,8', limit: '200' })).toEqual({ callbackId: '7,8', limit: 200 });
  });

  it.each([{ callbackId: '0' }, { callbackId: 'x' }, { limit: '201' }, { affiliateId: '1' }])('%j is refused', (query) => {
    expect(waitingQuerySchema.safeParse(query).success).toBe(false);
  });
});
