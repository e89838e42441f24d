import { createDataKey, Keyring, parseMasterKey, SealedSecretError, secretContext, unwrapDataKey, wrapDataKey } from './keyring.js';

const place = secretContext(7, 'basicAuth.password');

describe('a sealed secret', () => {
  const key = createDataKey();
  const keyring = new Keyring([key]);
  const sealed = keyring.seal('pässword\u0001', place);

  it('opens again in its place', () => {
    expect(keyring.open(sealed, place)).toBe('pässword\u0001');
  });

  it('does not show what it holds, and differs each time', () => {
    expect(sealed).not.toContain('pässword');
    expect(keyring.seal('pässword\u0001', place)).not.toBe(sealed);
  });

  it.each([
    ['another field', sealed, secretContext(7, 'basicAuth.token')],
    ['another callback', sealed, secretContext(8, 'basicAuth.password')],
    ['a changed byte', sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA'), place],
    ['a value that was never sealed', 'plain', place],
    ['a cut-off value', sealed.slice(0, 20), place],
  ])('does not open with %s', (_, value, context) => {
    expect(() => keyring.open(value, context)).toThrow(SealedSecretError);
  });

  it('still opens after a newer data key came, and new ones are sealed with the newest', () => {
    const rotated = new Keyring([key, createDataKey()]);
    expect(rotated.open(sealed, place)).toBe('pässword\u0001');
    expect(() => keyring.open(rotated.seal('x', place), place)).toThrow(/not in the keyring/);
  });
});

describe('a data key', () => {
  const master = parseMasterKey(Buffer.alloc(32, 7).toString('base64'));
  const key = createDataKey();
  const wrapped = wrapDataKey(master, key);

  it('unwraps with the master key that wrapped it', () => {
    expect(unwrapDataKey(master, key.id, wrapped)).toEqual(key);
  });

  it('does not unwrap with another master key, nor under another id', () => {
    expect(() => unwrapDataKey(Buffer.alloc(32, 8), key.id, wrapped)).toThrow(SealedSecretError);
    expect(() => unwrapDataKey(master, 'other', wrapped)).toThrow(SealedSecretError);
  });

  it('is refused a master key of the wrong length, with the remedy', () => {
    expect(() => parseMasterKey('c2hvcnQ=')).toThrow(/openssl rand -base64 32/);
  });
});
