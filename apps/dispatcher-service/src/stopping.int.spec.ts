import { eventually } from '@ringback/testbed';
import { conversionCreated } from './testing/conversion-event.js';
import { startDispatcherProcess } from './testing/dispatcher-process.js';
import type { DispatchersUnderTest } from './testing/dispatchers-under-test.js';
import { startWithFiveCallbacks } from './testing/five-callbacks.js';

describe('a dispatcher that is stopped', () => {
  let spec: DispatchersUnderTest;
  beforeEach(async () => {
    spec = await startWithFiveCallbacks();
  });
  afterEach(() => spec.stop());

  it('by SIGTERM, with requests of 500 ms under way, loses nothing and repeats nothing', async () => {
    spec.receiver.answer({ delayMs: 500 });
    const first = await startDispatcherProcess(spec, 'first', { DESTINATION_IN_FLIGHT: '50' });
    await spec.publish(...Array.from({ length: 100 }, () => conversionCreated({ revision: spec.author.revision })));
    await spec.receiver.waitFor(40);
    const status = await first.stop();
    expect(status).toEqual({ code: 0, signal: null });
    expect(spec.receiver.open).toBe(0);
    const sent = spec.receiver.requests.length;
    expect(sent).toBeLessThan(500);

    await spec.run();
    await spec.receiver.waitForIds(500, { timeoutMs: 30_000 });
    await eventually(async () => (await spec.count('dispatcher.delivery')) === 500);
    expect(spec.receiver.repeats).toBe(0);
  });
});
