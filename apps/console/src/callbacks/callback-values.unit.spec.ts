import type { Callback } from '../api/shapes.js';
import { bodyOf, newCallbackValues, patchOf, valuesOf, valuesOfCopy } from './callback-values.js';

const stored: Callback = {
  id: 9,
  offerId: 1,
  name: 'main',
  affiliateId: 7,
  goalId: 3,
  conversionStatus: 'done',
  url: 'https://t.example/?c={click_id}',
  httpType: 'POST_JSON',
  basicAuth: { login: 'ada', password: { set: true } },
  requestParams: [
    { name: 'sum', value: '{payout}', type: 'number', secret: false },
    { name: 'key', set: true, type: 'string', secret: true },
  ],
  requestHeaders: [{ name: 'X-Token', set: true, secret: true }],
  enabled: true,
  disabledReason: null,
  retry: 'long',
  timeoutMs: 5000,
  maxPerSecond: null,
  ordering: 'conversion',
  signingSecrets: [{ set: true }],
  version: 4,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
};

describe('a callback in the form', () => {
  it('that was not touched changes nothing', () => {
    expect(patchOf(stored, valuesOf(stored))).toEqual({});
  });

  it('sends only the fields that were touched', () => {
    expect(patchOf(stored, { ...valuesOf(stored), url: 'https://t.example/2', maxPerSecond: 5 })).toEqual({
      url: 'https://t.example/2',
      maxPerSecond: 5,
    });
  });

  it('keeps the secrets that are stored, and replaces those that are typed', () => {
    const values = valuesOf(stored);
    values.requestParams[0]!.value = '{revenue}';
    expect(patchOf(stored, values).requestParams).toEqual([
      { name: 'sum', value: '{revenue}', type: 'number', secret: false },
      { name: 'key', type: 'string', secret: true },
    ]);
    values.auth = { ...values.auth, password: 'new' };
    expect(patchOf(stored, values).basicAuth).toEqual({ login: 'ada', password: 'new' });
    expect(bodyOf(values).signingSecrets).toEqual([{}]);
  });

  it('keeps its goal, whatever else is edited', () => {
    const patch = patchOf(stored, { ...valuesOf(stored), url: 'https://t.example/3' });
    expect(patch).not.toHaveProperty('goalId');
    expect(bodyOf(valuesOf(stored)).goalId).toBe(3);
  });

  it('that is copied has no secrets: each must be typed again', () => {
    const copy = bodyOf(valuesOfCopy(stored));
    expect(copy.name).toBe('main (copy)');
    expect(copy.basicAuth).toEqual({ login: 'ada', password: '' });
    expect(copy.requestHeaders).toEqual([{ name: 'X-Token', value: '', secret: true }]);
    expect(copy.signingSecrets).toEqual([]);
  });

  it('that is new begins with the defaults of the API', () => {
    expect(bodyOf({ ...newCallbackValues(), affiliateId: '7', url: ' https://t.example ' })).toEqual({
      name: null,
      affiliateId: 7,
      goalId: null,
      conversionStatus: 'done',
      url: 'https://t.example',
      httpType: 'GET',
      basicAuth: null,
      requestParams: [],
      requestHeaders: [],
      enabled: true,
      retry: 'standard',
      timeoutMs: 10_000,
      maxPerSecond: null,
      ordering: 'none',
      signingSecrets: [],
    });
  });
});
