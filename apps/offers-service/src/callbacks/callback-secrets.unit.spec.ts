import { createDataKey, Keyring, secretContext } from '@ringback/contracts';
import type { CallbackContent } from './callback-content.js';
import { openContent, sealContent } from './callback-secrets.js';

const keyring = new Keyring([createDataKey()]);
const open: CallbackContent = {
  name: null,
  affiliateId: 1,
  goalId: null,
  conversionStatus: 'done',
  url: 'https://t.example/',
  httpType: 'GET',
  basicAuth: { token: 'tok' },
  requestParams: [
    { name: 'a', value: 'plain', type: 'string', secret: false },
    { name: 'b', value: 'hidden', type: 'string', secret: true },
  ],
  requestHeaders: [{ name: 'X-K', value: 'head', secret: true }],
  enabled: true,
  disabledReason: null,
  retry: 'standard',
  timeoutMs: 1000,
  maxPerSecond: null,
  ordering: 'none',
  signingSecrets: ['s0', 's1'],
};

describe('the secrets of a callback', () => {
  const sealed = sealContent(keyring, 7, open);

  it('are sealed each for its callback and place, and open again', () => {
    expect(openContent(keyring, 7, sealed)).toEqual(open);
    expect(() => openContent(keyring, 8, sealed)).toThrow('cannot be opened');
    expect(keyring.open((sealed.basicAuth as { token: string }).token, secretContext(7, 'basicAuth.token'))).toBe('tok');
    expect(keyring.open(sealed.requestParams[1]!.value, secretContext(7, 'requestParams.b'))).toBe('hidden');
    expect(keyring.open(sealed.requestHeaders[0]!.value, secretContext(7, 'requestHeaders.X-K'))).toBe('head');
    expect(keyring.open(sealed.signingSecrets[1]!, secretContext(7, 'signingSecrets.1'))).toBe('s1');
    expect(sealed.requestParams[0]!.value).toBe('plain');
  });

  it('that stay the same in their place keep their sealed form; moved ones are sealed for the new place', () => {
    expect(sealContent(keyring, 7, open, sealed)).toEqual(sealed);
    const swapped = sealContent(keyring, 7, { ...open, signingSecrets: ['s1', 's0'] }, sealed);
    expect(openContent(keyring, 7, swapped).signingSecrets).toEqual(['s1', 's0']);
    expect(swapped.signingSecrets).not.toEqual(sealed.signingSecrets.toReversed());
  });
});
