import type { LeasedConsumer } from './leased-consumer.js';
import { IntakeRoom, NotingWorker, SESSION_TIMEOUT_MS } from './testing/intake-room.js';

const range = (count: number) => Array.from({ length: count }, (_, i) => String(i));
const sorted = (values: string[]) => [...values].sort((a, b) => Number(a) - Number(b));
const isLive = (consumer: LeasedConsumer, partitions: number) => {
  const { partitions: all } = consumer.health();
  return all.length === partitions && all.every(({ state }) => state === 'live');
};

describe('a consumer with leases', () => {
  let room: IntakeRoom;
  const open = async (partitions: number, config?: Record<string, string>) =>
    (room = await IntakeRoom.open(config === undefined ? { partitions } : { partitions, config }));
  afterEach(() => room.close());

  it('admits every message once, in the order of its partition, and records how far it got', async () => {
    await open(3);
    await room.publish(0, 300);
    const a = room.instance('a');
    const worker = new NotingWorker(a);
    await room.consumer(a, worker).start();
    await room.until(() => worker.admitted.length >= 300);
    await room.publish(300, 300);
    await room.until(() => worker.admitted.length >= 600);
    expect(sorted(worker.values)).toEqual(range(600));
    for (const partition of [0, 1, 2])
      expect(worker.admitted.filter((message) => message.partition === partition).map(({ offset }) => offset)).toEqual(
        Array.from({ length: 200 }, (_, i) => i),
      );
    await room.until(async () => String(await room.progress()) === '200,200,200');
    expect(a.fatal).toEqual([]);
  });

  it('lets the committed offsets of the group follow, for lag tools', async () => {
    await open(2);
    await room.publish(0, 20);
    const a = room.instance('a');
    await room.consumer(a, new NotingWorker(a)).start();
    await room.withKafka(async (kafka) => {
      const admin = kafka.admin();
      await room.until(async () => {
        const [topic] = await admin.fetchOffsets({ groupId: room.groupId, topics: [room.topic] });
        return topic!.partitions.every(({ offset }) => offset === '10');
      });
    });
  });

  it('goes on at next_offset after the process was killed, with what it had not recorded', async () => {
    await open(2);
    await room.publish(0, 200);
    const a = room.instance('a');
    const killed = new NotingWorker(a, 'never');
    const first = room.consumer(a, killed);
    await first.start();
    await room.until(() => killed.admitted.length >= 200);
    expect(
      await killed.record(
        killed.leases.find(({ partition }) => partition === 0)!,
        60,
      ),
    ).toEqual([]);
    a.cut();

    const b = room.instance('b');
    const worker = new NotingWorker(b);
    await room.consumer(b, worker).start();
    await room.until(() => worker.admitted.length >= 140, 30_000);
    expect(sorted(worker.values)).toEqual(range(200).filter((value) => Number(value) % 2 === 1 || Number(value) >= 120));
    expect(worker.leases.map(({ epoch }) => epoch)).toEqual([2, 2]);
    await room.until(async () => String(await room.progress()) === '100,100');
  });

  it('admits nothing again when the group is reset to the beginning, or deleted', async () => {
    await open(2);
    await room.publish(0, 100);
    const all: string[] = [];
    const resets = [
      async () => undefined,
      () => room.withKafka((kafka) => kafka.admin().resetOffsets({ groupId: room.groupId, topic: room.topic, earliest: true })),
      () =>
        room.withKafka((kafka) =>
          kafka
            .admin()
            .deleteGroups([room.groupId])
            .then(() => undefined),
        ),
    ];
    for (const [round, reset] of resets.entries()) {
      await reset();
      const instance = room.instance(`instance-${round}`);
      const worker = new NotingWorker(instance, 'when drained');
      const consumer = room.consumer(instance, worker);
      await consumer.start();
      await room.until(() => isLive(consumer, 2));
      // Comes after anything that a reset would bring back.
      await room.publish(100 + round * 2, 2);
      await room.until(() => [0, 1].every((i) => worker.values.includes(String(100 + round * 2 + i))));
      await consumer.stop();
      expect(instance.fatal).toEqual([]);
      all.push(...worker.values);
    }
    expect(sorted(all)).toEqual(range(106));
  });

  it('hands partitions over, 1 → 2 → 1 consumers, with no message admitted twice and none lost', async () => {
    await open(6);
    const [a, b] = [room.instance('a'), room.instance('b')];
    const [workerA, workerB] = [new NotingWorker(a, 'when drained'), new NotingWorker(b, 'when drained')];
    const [first, second] = [room.consumer(a, workerA), room.consumer(b, workerB)];
    const publishing = room.publishSteadily();

    await first.start();
    await room.until(() => isLive(first, 6) && workerA.admitted.length > 300);
    await second.start();
    await room.until(() => isLive(first, 3) && isLive(second, 3) && workerB.admitted.length > 100, 20_000);
    // Sticky: what the first kept was never let go.
    const kept = first.health().partitions.map(({ epoch }) => epoch);
    expect(kept).toEqual([1, 1, 1]);
    const handedOver = [...workerB.acquiredAtMs].map(([partition, atMs]) => atMs - workerA.drainedAtMs.get(partition)!);
    // About 100 ms on an idle machine: two polls, and a question to Kafka.
    expect(Math.max(...handedOver)).toBeLessThan(2_000);

    await second.stop();
    expect((await room.owners()).filter((owner) => owner === 'b')).toEqual([]);
    await room.until(() => isLive(first, 6), 20_000);
    const published = await publishing.stop();
    await room.until(() => workerA.admitted.length + workerB.admitted.length >= published, 20_000);
    await first.stop();
    expect(sorted([...workerA.values, ...workerB.values])).toEqual(range(published));
    expect((await room.progress()).reduce((sum, next) => sum + next, 0)).toBe(published);
    expect(await room.owners()).toEqual([null, null, null, null, null, null]);
    expect([...workerA.lostLeases, ...workerB.lostLeases, ...a.fatal, ...b.fatal]).toEqual([]);
  });

  it('fences an owner that did not reach PostgreSQL until its lease ran out', async () => {
    await open(1);
    await room.publish(0, 10);
    const [a, b] = [room.instance('a'), room.instance('b')];
    const [workerA, workerB] = [new NotingWorker(a, 'never'), new NotingWorker(b)];
    const first = room.consumer(a, workerA);
    await first.start();
    await room.until(() => workerA.admitted.length >= 10);
    const [lease] = workerA.leases;
    // A group of its own: it is assigned the partition too, and the row alone keeps it out.
    const second = room.consumer(b, workerB, { groupId: `${room.groupId}.other` });
    await second.start();
    await room.until(() => second.health().partitions.length === 1);

    const frozen = freeze(a.pool);
    let wasLiveBeside = false;
    const watching = setInterval(() => (wasLiveBeside ||= workerB.leases.length > 0 && lease!.isLive()), 1);
    await room.until(() => workerB.admitted.length >= 10, 3 * SESSION_TIMEOUT_MS);
    clearInterval(watching);
    expect(wasLiveBeside).toBe(false);
    expect(first.health().partitions[0]!.state).toBe('expired');
    expect(workerA.lostLeases).toEqual([]);
    expect(workerB.leases[0]!.epoch).toBe(2);

    frozen.thaw();
    expect(await workerA.record(lease!, 10)).toHaveLength(1);
    await room.until(() => workerA.lostLeases.length === 1);
    expect(workerA.lostLeases).toEqual([lease]);
    await room.publish(10, 5);
    await room.until(() => workerB.admitted.length >= 15);
    expect(workerA.admitted).toHaveLength(10);
    // Still assigned in its own group: it takes over as soon as the other lets go.
    await second.stop();
    await room.until(() => isLive(first, 1));
    await room.publish(15, 5);
    await room.until(() => workerA.admitted.length >= 15);
    expect(workerA.values.slice(10)).toEqual(range(20).slice(15));
  });

  it('goes on without loss or repeat when PostgreSQL comes back and the row is still ours', async () => {
    await open(1);
    await room.publish(0, 10);
    const a = room.instance('a');
    const worker = new NotingWorker(a);
    const consumer = room.consumer(a, worker);
    await consumer.start();
    await room.until(() => worker.admitted.length >= 10);
    const frozen = freeze(a.pool);
    await room.until(() => !worker.leases[0]!.isLive(), 3 * SESSION_TIMEOUT_MS);
    await room.until(() => consumer.health().waitingFor === 'postgresql');
    await room.publish(10, 10);
    expect(worker.admitted).toHaveLength(10);
    frozen.thaw();
    await room.until(() => worker.admitted.length >= 20);
    expect(worker.values).toEqual(range(20));
    expect(worker.leases).toHaveLength(1);
    expect(worker.lostLeases).toEqual([]);
    expect(consumer.health().waitingFor).toBeNull();
  });

  it('stops for good when admitting throws, and moves no progress past it', async () => {
    await open(1);
    await room.publish(0, 5);
    const a = room.instance('a');
    const worker = new NotingWorker(a);
    const consumer = room.consumer(a, worker);
    await consumer.start();
    await room.until(async () => (await room.progress())[0] === 5);
    worker.onAdmit = () => {
      throw new TypeError('a bug');
    };
    await room.publish(5, 5);
    await room.until(() => a.fatal.length > 0);
    await room.publish(10, 5);
    await consumer.stop();
    expect(a.fatal).toEqual([expect.objectContaining({ code: 'WORKER_FAILED', cause: expect.any(TypeError) })]);
    expect(worker.values).toEqual(range(5));
    expect(await room.progress()).toEqual([5]);
  });

  it('reads a paused partition no further, and the others on', async () => {
    await open(2);
    const a = room.instance('a');
    const worker = new NotingWorker(a);
    worker.onAdmit = (lease) => void (lease.partition === 0 && lease.pause());
    await room.consumer(a, worker).start();
    await room.publish(0, 2);
    await room.until(() => worker.admitted.length >= 2);
    await room.publish(2, 20);
    await room.until(() => worker.admitted.length >= 12);
    expect(worker.admitted.filter(({ partition }) => partition === 0)).toHaveLength(1);
    worker.onAdmit = () => undefined;
    worker.leases.find(({ partition }) => partition === 0)!.resume();
    await room.until(() => worker.admitted.length >= 22);
    expect(sorted(worker.values)).toEqual(range(22));
  });

  it('refuses to go on with a topic that ends below what was recorded, and says so', async () => {
    await open(1);
    await room.publish(0, 5);
    const a = room.instance('a');
    await a.pool.query(`insert into intake.intake_progress values ($1, 0, 8, null, 1, now())`, [room.topic]);
    const worker = new NotingWorker(a);
    await room.consumer(a, worker).start();
    await room.until(() => a.fatal.length > 0);
    expect(a.fatal).toEqual([
      expect.objectContaining({
        code: 'TOPIC_BEGUN_ANEW',
        message: expect.stringMatching(/ends at offset 5, but it was recorded up to 8/),
      }),
    ]);
    expect(worker.admitted).toEqual([]);
  });

  it('notices while it runs that messages were deleted, alerts with the number lost, and goes on', async () => {
    await open(1);
    await room.publish(0, 10);
    const a = room.instance('a');
    const worker = new NotingWorker(a);
    const consumer = room.consumer(a, worker);
    worker.onAdmit = (lease) => lease.pause();
    await consumer.start();
    await room.until(() => worker.admitted.length >= 10);
    await room.publish(10, 30);
    await room.deleteBelow(25);
    worker.leases[0]!.resume();
    await room.until(() => worker.admitted.length >= 25);
    expect(worker.values).toEqual([...range(10), ...range(40).slice(25)]);
    expect(a.log).toContainEqual(expect.objectContaining({ level: 'error', fields: expect.objectContaining({ lost: 15, begins: 25 }) }));
    expect(a.fatal).toEqual([]);
  });

  it('begins where the topic begins when messages were deleted while it was stopped', async () => {
    await open(1);
    await room.publish(0, 30);
    await room.deleteBelow(20);
    const a = room.instance('a');
    await a.pool.query(`insert into intake.intake_progress values ($1, 0, 5, null, 1, now())`, [room.topic]);
    const worker = new NotingWorker(a);
    await room.consumer(a, worker).start();
    await room.until(() => worker.admitted.length >= 10);
    expect(worker.values).toEqual(range(30).slice(20));
    expect(worker.leases[0]!.startOffset).toBe(20);
    expect(a.log).toContainEqual(expect.objectContaining({ level: 'error', fields: expect.objectContaining({ lost: 15, begins: 20 }) }));
  });
});

/** As when the way to PostgreSQL hangs: queries wait, and fail after their own timeout. */
function freeze(pool: { query: unknown }): { thaw(): void } {
  const query = pool.query;
  pool.query = ({ query_timeout: timeoutMs }: { query_timeout: number }) =>
    new Promise((_, reject) => setTimeout(() => reject(new Error('Query read timeout')), timeoutMs).unref());
  return { thaw: () => void (pool.query = query) };
}
