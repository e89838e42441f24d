import { callbackChanges, type OpenVersion } from './callback-changes.js';
import { secretNames } from './callback-history.js';

const param = (name: string, value: string, secret = false) => ({ name, value, type: 'string' as const, secret });

const VERSION: OpenVersion = {
  name: 'CRM',
  affiliateId: 1,
  goalId: 2,
  conversionStatus: 'done',
  url: 'https://t.example/',
  httpType: 'POST_FORM',
  basicAuth: { login: 'l', password: 'pass-1' },
  requestParams: [param('click', '{click_id}'), param('key', 'secret-1', true)],
  requestHeaders: [{ name: 'X-K', value: 'header-1', secret: true }],
  enabled: true,
  disabledReason: null,
  retry: 'standard',
  timeoutMs: 1_000,
  maxPerSecond: null,
  ordering: 'none',
  signingSecrets: ['signing-1'],
  deletedAt: null,
};
const SET = { set: true };

describe('the changes between two versions of a callback', () => {
  const changes = (after: Partial<OpenVersion>) =>
    callbackChanges(VERSION, { ...VERSION, ...after }, secretNames({ ...VERSION, ...after }));

  it('are none between equal ones', () => {
    expect(changes({})).toEqual([]);
  });

  it('are told with what it was and what it is', () => {
    expect(changes({ name: null, conversionStatus: 'rejected', enabled: false, disabledReason: '410 Gone', maxPerSecond: 5 })).toEqual([
      { path: 'name', before: 'CRM', after: null },
      { path: 'conversionStatus', before: 'done', after: 'rejected' },
      { path: 'enabled', before: true, after: false },
      { path: 'disabledReason', before: null, after: '410 Gone' },
      { path: 'maxPerSecond', before: null, after: 5 },
    ]);
  });

  it('tell of a secret that it was set, changed or taken away, never what it is', () => {
    const told = changes({
      basicAuth: { token: 'token-1' },
      requestParams: [param('click', '{click_id}'), param('key', 'secret-2', true)],
      requestHeaders: [],
      signingSecrets: ['signing-1', 'signing-2'],
    });
    expect(told).toEqual([
      { path: 'basicAuth.login', before: 'l', after: null },
      { path: 'basicAuth.password', before: SET, after: null },
      { path: 'requestParams.key.value', before: SET, after: SET },
      { path: 'requestHeaders.X-K.value', before: SET, after: null },
      { path: 'requestHeaders.X-K.secret', before: true, after: null },
      { path: 'requestHeaders.order', before: ['X-K'], after: [] },
      { path: 'basicAuth.token', before: null, after: SET },
      { path: 'signingSecrets.1', before: null, after: SET },
    ]);
    expect(JSON.stringify(told)).not.toMatch(/pass-1|secret-[12]|header-1|signing-[12]|token-1/);
  });

  it('of one param are of no other, wherever it stands; a new order is told as one', () => {
    expect(changes({ requestParams: [param('new', 'x'), ...VERSION.requestParams] })).toEqual([
      { path: 'requestParams.order', before: ['click', 'key'], after: ['new', 'click', 'key'] },
      { path: 'requestParams.new.value', before: null, after: 'x' },
      { path: 'requestParams.new.type', before: null, after: 'string' },
      { path: 'requestParams.new.secret', before: null, after: false },
    ]);
    expect(changes({ requestParams: [...VERSION.requestParams, param('click', 'again')] })).toMatchObject([
      { path: 'requestParams.order', after: ['click', 'key', 'click#2'] },
      { path: 'requestParams.click#2.value', before: null, after: 'again' },
      {},
      {},
    ]);
  });

  it('do not show a value that was readable once and is secret now', () => {
    expect(changes({ requestParams: [param('click', 'hush', true), VERSION.requestParams[1]!] })).toEqual([
      { path: 'requestParams.click.value', before: SET, after: SET },
      { path: 'requestParams.click.secret', before: false, after: true },
    ]);
  });

  it('say that it was deleted, or came back', () => {
    expect(changes({ deletedAt: '2026-01-01T00:00:00.000Z' })).toEqual([
      { path: 'deletedAt', before: null, after: '2026-01-01T00:00:00.000Z' },
    ]);
  });
});
