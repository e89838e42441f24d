import { eventually } from '@ringback/testbed';
import { conversionCreated } from '../testing/conversion-event.js';
import { DispatchersUnderTest, type RunningDispatcher } from '../testing/dispatchers-under-test.js';

const EVENTS = 50;

describe('a delivery that is paused', () => {
  let spec: DispatchersUnderTest;
  let service: RunningDispatcher;
  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    await spec.configure(spec.author.callback(1, { url: `${spec.receiver.url}/1` }));
  });
  afterAll(() => spec.stop());

  const publish = () => spec.publish(...Array.from({ length: EVENTS }, () => conversionCreated({ revision: spec.author.revision })));
  const pauseAll = () => spec.rows(`insert into dispatcher.pause (scope, created_by, created_at) values ('all', 'ada@example.com', now())`);

  it('is kept by a dispatcher that starts while it is, from the first event on', async () => {
    await pauseAll();
    await publish();
    service = await spec.run();
    await spec.waitForProgress(EVENTS);
    expect(await spec.count('dispatcher.parked where attempts = 0 and lease_token is null')).toBe(EVENTS);
    expect(spec.receiver.requests).toHaveLength(0);
  });

  it('goes when the pause ends, and has used up no attempt', async () => {
    await spec.rows('delete from dispatcher.pause');
    await service.dispatcher.parked.look();
    await eventually(async () => (await spec.count(`dispatcher.delivery where status = 'delivered' and attempts = 1`)) === EVENTS);
    expect(spec.receiver.requests).toHaveLength(EVENTS);
    expect(await spec.count('dispatcher.parked')).toBe(0);
  });

  it('is kept by a dispatcher that runs, once it has looked', async () => {
    await pauseAll();
    await eventually(async () => {
      await service.dispatcher.parked.look();
      return service.dispatcher.sending.holds.isPaused(1, 'http://a.example:80', 1);
    });
    await publish();
    await spec.waitForProgress(2 * EVENTS);
    expect(spec.receiver.requests).toHaveLength(EVENTS);
    expect(await spec.count('dispatcher.parked')).toBe(EVENTS);
    expect(service.life.fatals).toEqual([]);
  });
});
