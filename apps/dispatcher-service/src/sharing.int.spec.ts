import { eventually } from '@ringback/testbed';
import type { RunningDispatcher } from './testing/dispatchers-under-test.js';
import { HeldDispatchers } from './testing/held-dispatchers.js';

describe('dispatchers of one deployment', () => {
  let held: HeldDispatchers;
  let a: RunningDispatcher;
  let b: RunningDispatcher;

  beforeAll(async () => {
    held = await HeldDispatchers.start();
    const { author, receiver } = held.spec;
    await held.spec.configure(author.callback(1, { url: `${receiver.url}/1`, maxPerSecond: 100 }));
    [a, b] = await Promise.all([held.run({ DESTINATION_IN_FLIGHT: '10' }), held.run({ DESTINATION_IN_FLIGHT: '10' })]);
    await eventually(() => [a, b].every(({ dispatcher }) => dispatcher.deployment.members === 2));
  });
  afterAll(() => held.stop());

  const breakersOf = ({ dispatcher }: RunningDispatcher) => dispatcher.sending.breakers;
  const holdsOf = ({ dispatcher }: RunningDispatcher) => dispatcher.sending.holds;
  const failAt = (service: RunningDispatcher, destination: string) => {
    for (let failed = 0; failed < 5; failed++)
      breakersOf(service).failed(destination, 1, 'destination', 'connect ECONNREFUSED', performance.now(), null);
  };

  it('know of each other’s breakers after their next look, and that they closed', async () => {
    const destination = 'http://broken.example:80';
    failAt(a, destination);
    await eventually(async () => (await held.breaker()) !== undefined);
    await b.dispatcher.parked.look();
    await eventually(
      () => holdsOf(b).destinationBreakers.get(destination)?.openUntilMs === holdsOf(a).destinationBreakers.get(destination)?.openUntilMs,
    );
    expect(holdsOf(b).destinationBreakers.get(destination)).toEqual(holdsOf(a).destinationBreakers.get(destination));

    // What B finds, A knows too.
    breakersOf(b).succeeded(destination, 1, { scope: 'destination', key: destination });
    await eventually(async () => (await held.breaker()) === undefined);
    await a.dispatcher.parked.look();
    await eventually(() => holdsOf(a).destinationBreakers.size === 0);
    // It has a new start there as well.
    breakersOf(a).failed(destination, 1, 'destination', 'connect ECONNREFUSED', performance.now(), null);
    expect(holdsOf(a).destinationBreakers.size).toBe(0);
  });

  it('keep what they found while a look that began before it is under way', async () => {
    const destination = 'http://raced.example:80';
    const looking = a.dispatcher.parked.look();
    failAt(a, destination);
    await looking;
    expect(holdsOf(a).destinationBreakers.has(destination)).toBe(true);
    await eventually(async () => (await held.breaker())?.key === destination);
    const again = a.dispatcher.parked.look();
    breakersOf(a).succeeded(destination, 1, { scope: 'destination', key: destination });
    await again;
    expect(holdsOf(a).destinationBreakers.has(destination)).toBe(false);
    await eventually(async () => (await held.breaker()) === undefined);
  });

  it('share every limit, also with one that has just been seen, and no more with one that was not seen for ten seconds', async () => {
    const destination = 'http://shared.example:80';
    const members = () => a.dispatcher.deployment.members;
    const seen = (secondsAgo: number) =>
      held.spec.db.query(
        `insert into dispatcher.member (instance_id, seen_at) values ('killed', now() - $1::integer * interval '1 second')
         on conflict (instance_id) do update set seen_at = excluded.seen_at`,
        [secondsAgo],
      );
    const lookUntil = (count: number) =>
      eventually(async () => {
        await a.dispatcher.parked.look();
        return members() === count;
      });
    expect(a.dispatcher.sending.lanes.capOf(destination)).toBe(5);
    await seen(5);
    await lookUntil(3);
    expect(a.dispatcher.sending.lanes.capOf(destination)).toBe(4);
    await seen(11);
    await lookUntil(2);
    expect(a.dispatcher.sending.lanes.capOf(destination)).toBe(5);
  });

  it('leave their share to the others when they stop', async () => {
    await b.stop();
    await eventually(async () => {
      await a.dispatcher.parked.look();
      return a.dispatcher.deployment.members === 1;
    });
    expect(a.dispatcher.sending.lanes.capOf('http://shared.example:80')).toBe(10);
    expect(await held.spec.count("dispatcher.member where instance_id <> 'killed'")).toBe(1);
  });
});
