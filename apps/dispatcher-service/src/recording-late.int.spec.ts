import { eventually, type Answer } from '@ringback/testbed';
import { conversionCreated } from './testing/conversion-event.js';
import { DispatchersUnderTest, type RunningDispatcher } from './testing/dispatchers-under-test.js';

const COUNT = 3;
const LEASES_RUN_OUT = `
  update dispatcher.parked set leased_until = now() - interval '1 ms'
  where id in (select id from dispatcher.parked for update skip locked)`;

describe('a recording that is late', () => {
  let spec: DispatchersUnderTest;
  let service: RunningDispatcher;
  const answers: ((answer: Answer) => void)[] = [];

  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    const { author, receiver } = spec;
    receiver.answer(() => new Promise((resolve) => answers.push(resolve)));
    await spec.configure(author.callback(1, { url: `${receiver.url}/1`, timeoutMs: 9_000 }));
    service = await spec.run({ PARK_AFTER_MS: '100' });
  });
  afterAll(() => spec.stop());

  const leased = () => spec.count('dispatcher.parked where leased_until > now()');

  it('has nothing sent again: leases of what is answered and not recorded are prolonged', async () => {
    await spec.publish(...Array.from({ length: COUNT }, () => conversionCreated({ revision: spec.author.revision })));
    await spec.receiver.waitFor(COUNT);
    await eventually(async () => (await leased()) === COUNT);

    const blocker = await spec.db.connect();
    try {
      await blocker.query('begin; lock table dispatcher.delivery in share row exclusive mode');
      answers[0]!({});
      // It is being recorded, and cannot be; the others wait behind it.
      await eventually(async () => (await spec.count("pg_locks where not granted and relation = 'dispatcher.delivery'::regclass")) === 1);
      for (const answer of answers.slice(1)) answer({});
      await eventually(() => service.dispatcher.recorder.pendingCount === COUNT - 1);
      await spec.db.query(LEASES_RUN_OUT);
      expect(await leased()).toBe(1);
      await service.dispatcher.parked.look();
      expect(await leased()).toBe(COUNT);
    } finally {
      await blocker.query('rollback');
      blocker.release();
    }
    await eventually(async () => (await spec.count('dispatcher.delivery')) === COUNT);
    await spec.waitForProgress(COUNT);
    expect(await spec.count('dispatcher.parked')).toBe(0);
    expect(spec.receiver.requests).toHaveLength(COUNT);
  });
});
