import { faultSizes } from '@ringback/testbed';
import { PasswordHasher } from './access/password-hasher.js';
import { FREE_FAILURES, MAX_DELAY_MS } from './sessions/sign-in-delays.js';
import { ADMIN, GatewayUnderTest } from './testing/gateway-under-test.js';

const { wrongPasswords } = faultSizes();

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

describe(`${wrongPasswords} wrong passwords`, () => {
  let gateway: GatewayUnderTest;
  let skewMs = 0;
  beforeAll(async () => {
    // Dear enough that a check left out would show: some 10 ms.
    gateway = await GatewayUnderTest.start({ now: () => Date.now() + skewMs, hasher: new PasswordHasher({ N: 2 ** 12, r: 8, p: 1 }) });
  });
  afterAll(() => gateway.stop());

  it('lock an account out for a while, tell nothing by answer or time of whether it exists, and let the right user in after the wait', async () => {
    const known = { email: ADMIN.email, statuses: [] as string[], times: [] as number[] };
    const unknown = { email: 'nobody@example.com', statuses: [] as string[], times: [] as number[] };
    // One after the other and in turns, so that whatever else the machine does is the same for both. The address is another's each time.
    for (let n = 0; n < wrongPasswords; n++)
      for (const account of n % 2 === 0 ? [known, unknown] : [unknown, known]) {
        const startedAt = performance.now();
        const { status, body } = await gateway.signIn(account.email, `wrong ${n}`);
        account.times.push(performance.now() - startedAt);
        account.statuses.push(`${status} ${String(body['detail']).replace(/\d+/, 'n')}`);
        await gateway.pool.query(`delete from gateway.sign_in_failure where kind = 'address'`);
      }
    expect(known.statuses.toSorted()).toEqual(unknown.statuses.toSorted());
    expect(known.statuses.slice(0, FREE_FAILURES.account).every((answer) => answer.startsWith('401'))).toBe(true);
    expect(known.statuses.filter((answer) => answer.startsWith('429')).length).toBeGreaterThan(0.7 * wrongPasswords);
    // Checked passwords, and refusals without a check, each against its like. A check that is left out would be a tenth of one that is not.
    for (const [from, to] of [
      [0, FREE_FAILURES.account],
      [FREE_FAILURES.account, wrongPasswords],
    ]) {
      const ratio = median(known.times.slice(from, to)) / median(unknown.times.slice(from, to));
      expect(ratio).toBeGreaterThan(0.5);
      expect(ratio).toBeLessThan(2);
    }
    const locked = await gateway.signIn(ADMIN.email);
    expect(locked.status).toBe(429);
    const waitMs = Number(locked.headers.get('retry-after')) * 1_000;
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(MAX_DELAY_MS);
    skewMs += waitMs;
    expect((await gateway.signIn(ADMIN.email)).status).toBe(201);
  }, 300_000);

  it('at once are counted as what they are', async () => {
    await gateway.pool.query('truncate gateway.sign_in_failure');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => gateway.signIn('at-once@example.com', `wrong ${n}`)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(FREE_FAILURES.account + 1);
  });

  it('for ever other accounts make their address wait', async () => {
    await gateway.pool.query('truncate gateway.sign_in_failure');
    const statuses: number[] = [];
    for (let n = 0; n < FREE_FAILURES.address + 3; n++) statuses.push((await gateway.signIn(`somebody-${n}@example.com`, 'x')).status);
    expect(statuses.slice(0, FREE_FAILURES.address + 1)).toEqual(Array(FREE_FAILURES.address + 1).fill(401));
    expect(statuses.at(-1)).toBe(429);
    const { rows } = await gateway.pool.query(`select count(*)::int as count from gateway.audit_entry where action = 'signInFailed'`);
    expect((rows[0] as { count: number }).count).toBeLessThan(200);
  });
});
