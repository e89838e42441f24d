import { eventually } from '@ringback/testbed';
import { conversionCreated } from './testing/conversion-event.js';
import { DispatchersUnderTest } from './testing/dispatchers-under-test.js';

describe('events that come again', () => {
  let spec: DispatchersUnderTest;
  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    const { author, receiver } = spec;
    await spec.configure(
      author.callback(1, { url: `${receiver.url}/edited` }),
      author.callback(2, { url: `${receiver.url}/deleted` }),
      author.callback(3, { url: `${receiver.url}/failing` }),
    );
    receiver.answer(({ path }) => (path === '/failing' ? { status: 500 } : {}));
  });
  afterAll(() => spec.stop());

  it('are not sent again: published twice, or read from the beginning after callbacks were made, edited and deleted', async () => {
    const { author, receiver } = spec;
    const events = Array.from({ length: 30 }, () => conversionCreated({ revision: author.revision }));
    const first = await spec.run();
    await spec.publish(...events, ...events);
    await spec.waitForProgress(60);
    await eventually(async () => (await spec.count('dispatcher.parked')) === 30);
    // Of what fails, some waits behind the callback's breaker.
    const sent = receiver.requests.length;
    expect(receiver.requests.filter(({ path }) => path !== '/failing')).toHaveLength(60);
    await first.stop();

    await spec.configure(
      author.callback(1, { url: `${receiver.url}/edited-since` }),
      author.deleteCallback(2),
      author.callback(4, { url: `${receiver.url}/made-since` }),
    );
    await spec.db.query('update dispatcher.intake_progress set next_offset = 0');
    // What failed is due in 5 s: of no interest here.
    await spec.db.query("update dispatcher.parked_queue set held_until = now() + interval '1 hour'");
    await spec.run();
    await spec.waitForProgress(60);

    expect(receiver.requests).toHaveLength(sent);
    expect(receiver.repeats).toBe(0);
    expect(await spec.count('dispatcher.delivery')).toBe(60);
    expect(await spec.count('dispatcher.parked')).toBe(30);
  });
});
