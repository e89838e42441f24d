import { type RunningPostgres, startPostgres } from '@ringback/testbed';
import { IntakeRoom, NotingWorker, SESSION_TIMEOUT_MS } from './testing/intake-room.js';
import { range, RESUMES_WITHIN_MS, sorted } from './testing/through-outages.js';

describe('a consumer while PostgreSQL is away', () => {
  let postgres: RunningPostgres;
  let room: IntakeRoom;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 120_000);
  beforeEach(async () => {
    room = await IntakeRoom.open({ partitions: 2, server: postgres.url });
  });
  afterEach(() => room.close());
  afterAll(() => postgres.stop());

  it.each<[string, () => Promise<void> | void, () => Promise<void> | void]>([
    ['hangs (SIGSTOP)', () => postgres.pause(), () => postgres.resume()],
    ['is killed', () => postgres.kill(), () => postgres.restart()],
  ])(
    'admits nothing once its leases ran out while PostgreSQL %s, and goes on where it was when it is back',
    async (_, goAway, comeBack) => {
      const a = room.instance('a');
      const worker = new NotingWorker(a, 'when drained');
      const consumer = room.consumer(a, worker);
      await room.publish(0, 100);
      await consumer.start();
      await room.until(() => worker.admitted.length >= 100);
      await goAway();
      try {
        await room.until(() => consumer.health().partitions.every(({ state }) => state === 'expired'), 3 * SESSION_TIMEOUT_MS);
        expect(worker.leases.map((lease) => lease.isLive())).toEqual([false, false]);
        await room.publish(100, 100);
      } finally {
        await comeBack();
      }
      const backAtMs = performance.now();
      await room.until(() => worker.admitted.length >= 200, 20_000);
      expect(performance.now() - backAtMs).toBeLessThan(RESUMES_WITHIN_MS);
      expect(sorted(worker.values)).toEqual(range(0, 200));
      expect(worker.leases).toHaveLength(2);
      expect(worker.lostLeases).toEqual([]);
      await consumer.stop();
      expect(await room.progress()).toEqual([100, 100]);
      expect(a.fatal).toEqual([]);
    },
  );
});
