import { OWASP_COST, PasswordHasher } from './password-hasher.js';

const quick = { N: 2 ** 10, r: 8, p: 1 };

describe('a password', () => {
  it('is hashed at the parameters that OWASP asks for', async () => {
    expect(OWASP_COST).toEqual({ N: 131_072, r: 8, p: 1 });
    const hasher = new PasswordHasher();
    const stored = await hasher.hash('a password');
    expect(stored).toMatch(/^scrypt\$131072\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(await hasher.verify('a password', stored)).toBe(true);
    expect(await hasher.verify('b password', stored)).toBe(false);
  });

  it('of an unknown account takes the same work, and is never right', async () => {
    const hasher = new PasswordHasher(quick);
    expect(hasher.decoy.split('$').slice(0, 4)).toEqual((await hasher.hash('x')).split('$').slice(0, 4));
    expect(await hasher.verify('', hasher.decoy)).toBe(false);
  });

  it('hashed twice gives two hashes', async () => {
    const hasher = new PasswordHasher(quick);
    expect(await hasher.hash('x')).not.toBe(await hasher.hash('x'));
  });

  it('is the same however the keyboard encoded it', async () => {
    const hasher = new PasswordHasher(quick);
    expect(await hasher.verify('cafe\u0301', await hasher.hash('caf\u00e9'))).toBe(true);
  });

  it('hashed with older parameters still verifies, and is known to be old', async () => {
    const stored = await new PasswordHasher({ N: 2 ** 9, r: 8, p: 1 }).hash('x');
    const hasher = new PasswordHasher(quick);
    expect(await hasher.verify('x', stored)).toBe(true);
    expect(hasher.isCurrent(stored)).toBe(false);
    expect(hasher.isCurrent(await hasher.hash('x'))).toBe(true);
  });

  it.each(['', 'plain', 'scrypt$1024$8$1$salt$short', 'bcrypt$1024$8$1$salt$hash'])('%j is no hash of ours', async (stored) => {
    await expect(new PasswordHasher(quick).verify('x', stored)).rejects.toThrow(RangeError);
  });

  it('waits its turn, and is refused with 503 when too many wait', async () => {
    const hasher = new PasswordHasher(quick);
    const results = await Promise.allSettled(Array.from({ length: 40 }, () => hasher.hash('x')));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(40 - 22);
    expect(refused[0]!.reason).toMatchObject({ status: 503 });
    await expect(hasher.hash('x')).resolves.toContain('scrypt');
  });
});
