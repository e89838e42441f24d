import { eventually } from '@ringback/testbed';
import { conversionCreated } from './testing/conversion-event.js';
import { startDispatcherProcess } from './testing/dispatcher-process.js';
import type { DispatchersUnderTest } from './testing/dispatchers-under-test.js';
import { startWithFiveCallbacks } from './testing/five-callbacks.js';

describe('a dispatcher that dies', () => {
  let spec: DispatchersUnderTest;
  beforeEach(async () => {
    spec = await startWithFiveCallbacks();
  });
  afterEach(() => spec.stop());

  const publish = (count: number) =>
    spec.publish(...Array.from({ length: count }, () => conversionCreated({ revision: spec.author.revision })));

  it('by SIGKILL loses nothing; what repeats was under way, under the same id', async () => {
    spec.receiver.answer({ delayMs: 200 });
    const env = { DESTINATION_IN_FLIGHT: '250' };
    const dispatcher = await startDispatcherProcess(spec, 'killed', env);
    await publish(200);
    let underWay = 0;
    for (const threshold of [100, 400, 700]) {
      await eventually(() => spec.receiver.requests.length >= threshold && spec.receiver.open >= 10);
      underWay += spec.receiver.open;
      await dispatcher.kill();
      dispatcher.relaunch();
      await dispatcher.waitUntilReady();
    }
    await spec.receiver.waitForIds(1_000, { timeoutMs: 60_000 });
    await eventually(async () => (await spec.count('dispatcher.delivery')) === 1_000, { timeoutMs: 30_000 });
    await dispatcher.stop();
    expect(spec.receiver.repeats).toBeGreaterThan(0);
    // What was answered within the last few milliseconds was not yet recorded either.
    expect(spec.receiver.repeats).toBeLessThanOrEqual(underWay + 3 * 250);
  });

  it('by SIGKILL leaves leases behind, which another takes over when they have run out', async () => {
    spec.receiver.answer('hang');
    const dispatcher = await startDispatcherProcess(spec, 'leasing', { PARK_AFTER_MS: '100' });
    // As many as a destination that nothing is known of may have under way.
    await publish(3);
    await eventually(async () => (await spec.count('dispatcher.parked where lease_token is not null')) === 15);
    await dispatcher.kill();
    expect(spec.receiver.requests).toHaveLength(15);
    spec.receiver.answer({});

    await spec.run();
    await spec.waitForProgress(3);
    // The leases last for the rest of the request's time and 5 s more: nobody touches them before.
    expect(spec.receiver.requests).toHaveLength(15);
    await spec.db.query("update dispatcher.parked set leased_until = now() - interval '1 ms'");
    await eventually(async () => (await spec.count('dispatcher.delivery')) === 15, { timeoutMs: 20_000 });
    expect(spec.receiver.requests).toHaveLength(30);
    expect(spec.receiver.repeats).toBe(15);
    expect(await spec.count('dispatcher.parked')).toBe(0);
  });
});
