import type { CallbackPatch } from '@ringback/contracts';
import { applyEdit } from './apply-edit.js';
import type { CallbackContent } from './callback-content.js';

const current: CallbackContent = {
  name: 'old',
  affiliateId: 1,
  goalId: 2,
  conversionStatus: 'done',
  url: 'https://t.example/',
  httpType: 'POST_FORM',
  basicAuth: { login: 'l', password: 'p' },
  requestParams: [
    { name: 'a', value: 'first', type: 'string', secret: true },
    { name: 'b', value: 'plain', type: 'string', secret: false },
    { name: 'a', value: 'second', type: 'string', secret: true },
  ],
  requestHeaders: [{ name: 'X-K', value: 'h', secret: true }],
  enabled: true,
  disabledReason: null,
  retry: 'standard',
  timeoutMs: 1000,
  maxPerSecond: null,
  ordering: 'none',
  signingSecrets: ['s0', 's1'],
};
const param = (name: string, value?: string, secret = true) => ({
  name,
  type: 'string' as const,
  secret,
  ...(value === undefined ? {} : { value }),
});

function edited(edit: CallbackPatch, from = current): CallbackContent {
  const result = applyEdit(from, edit);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.content;
}

describe('an edit of a callback', () => {
  it('leaves what it leaves out', () => {
    expect(edited({})).toEqual(current);
    expect(edited({ name: null })).toEqual({ ...current, name: null });
    expect(edited({ basicAuth: null }).basicAuth).toBeNull();
  });

  it('keeps left-out values by name, the n-th of a name for the n-th, whatever the order of the names', () => {
    const { requestParams } = edited({ requestParams: [param('b', undefined, false), param('a'), param('a')] });
    expect(requestParams.map(({ value }) => value)).toEqual(['plain', 'first', 'second']);
  });

  it('a given value in one place does not shift the kept values after it', () => {
    const { requestParams } = edited({ requestParams: [param('a', 'new'), param('a')] });
    expect(requestParams.map(({ value }) => value)).toEqual(['new', 'second']);
  });

  it('makes a readable value secret without giving it again, not the other way round', () => {
    expect(edited({ requestParams: [param('b')] }).requestParams).toEqual([{ name: 'b', value: 'plain', type: 'string', secret: true }]);
    expect(applyEdit(current, { requestParams: [param('a', undefined, false)] })).toMatchObject({
      ok: false,
      errors: [{ path: 'requestParams.0.value' }],
    });
  });

  it('keeps signing secrets by position', () => {
    expect(edited({ signingSecrets: [{ value: 'new' }, {}] }).signingSecrets).toEqual(['new', 's1']);
    expect(edited({ signingSecrets: [{}] }).signingSecrets).toEqual(['s0']);
    expect(edited({ signingSecrets: [] }).signingSecrets).toEqual([]);
  });

  it('keeps the password of another login, and no password for a token', () => {
    expect(edited({ basicAuth: { login: 'other' } }).basicAuth).toEqual({ login: 'other', password: 'p' });
    expect(applyEdit(current, { basicAuth: {} })).toMatchObject({ ok: false, errors: [{ path: 'basicAuth.token' }] });
  });

  it('ends the reason why Ringback disabled it, once an admin says enabled or disabled anew', () => {
    const disabled = { ...current, enabled: false, disabledReason: '410 Gone' };
    expect(edited({ name: 'x' }, disabled).disabledReason).toBe('410 Gone');
    expect(edited({ enabled: false }, disabled).disabledReason).toBe('410 Gone');
    expect(edited({ enabled: true }, disabled).disabledReason).toBeNull();
  });
});
