import { connect, createServer } from 'node:net';
import { freePort, type RunningKafka, startKafka } from '@ringback/testbed';
import { IntakeRoom, NotingWorker, SESSION_TIMEOUT_MS } from './testing/intake-room.js';
import { areLive, range, RESUMES_WITHIN_MS, sorted } from './testing/through-outages.js';

describe('a consumer while Kafka is away', () => {
  let kafka: RunningKafka;
  let room: IntakeRoom;
  beforeAll(async () => {
    kafka = await startKafka();
  }, 120_000);
  beforeEach(async () => {
    room = await IntakeRoom.open({ partitions: 2, brokers: [kafka.brokers] });
  });
  afterEach(() => room.close());
  afterAll(() => kafka.stop());

  const answers = () => room.withKafka((client) => client.admin().fetchTopicMetadata({ topics: [room.topic] }));

  it.each<[string, () => Promise<void> | void, () => Promise<void> | void]>([
    ['hangs (SIGSTOP)', () => kafka.pause(), () => kafka.resume()],
    ['is killed', () => kafka.kill(), () => kafka.restart()],
  ])('drains and lets go when Kafka %s for longer than the session, and goes on by itself when it is back', async (_, goAway, comeBack) => {
    const a = room.instance('a');
    const worker = new NotingWorker(a);
    const consumer = room.consumer(a, worker);
    await room.publish(0, 100);
    await consumer.start();
    await room.until(() => worker.admitted.length >= 100);

    await goAway();
    try {
      await room.until(() => consumer.health().waitingFor === 'kafka');
      await room.until(() => consumer.health().partitions.length === 0, 3 * SESSION_TIMEOUT_MS);
      expect(await room.owners()).toEqual([null, null]);
      expect(await room.progress()).toEqual([50, 50]);
    } finally {
      await comeBack();
    }
    await room.until(answers);
    const backAtMs = performance.now();
    await room.publish(100, 100);
    await room.until(() => worker.admitted.length >= 200, 20_000);
    expect(performance.now() - backAtMs).toBeLessThan(RESUMES_WITHIN_MS);
    expect(sorted(worker.values)).toEqual(range(0, 200));
    expect(a.fatal).toEqual([]);
  });

  it('keeps its leases, and repeats nothing, when Kafka hangs for less than the session', async () => {
    const a = room.instance('a');
    const worker = new NotingWorker(a);
    const consumer = room.consumer(a, worker);
    await room.publish(0, 100);
    await consumer.start();
    await room.until(() => worker.admitted.length >= 100);
    kafka.pause();
    try {
      await room.until(() => consumer.health().waitingFor === 'kafka');
    } finally {
      kafka.resume();
    }
    await room.publish(100, 100);
    await room.until(() => worker.admitted.length >= 200);
    expect(sorted(worker.values)).toEqual(range(0, 200));
    expect(worker.leases.map(({ epoch }) => epoch)).toEqual([1, 1]);
  });

  it('stops in bounded time, and lets its partitions go', async () => {
    const a = room.instance('a');
    const worker = new NotingWorker(a);
    const consumer = room.consumer(a, worker);
    await consumer.start();
    await room.until(() => areLive(consumer, 2));
    kafka.pause();
    const startedAtMs = performance.now();
    try {
      await consumer.stop();
    } finally {
      kafka.resume();
    }
    expect(performance.now() - startedAtMs).toBeLessThan(8_000);
    expect(await room.owners()).toEqual([null, null]);
  });

  it('starts without Kafka, and reads when it comes', async () => {
    const port = await freePort();
    await room.publish(0, 10);
    const elsewhere = room.instance('elsewhere', [`127.0.0.1:${port}`]);
    const worker = new NotingWorker(elsewhere);
    const consumer = room.consumer(elsewhere, worker);
    await consumer.start();
    await room.until(() => elsewhere.log.some(({ message }) => message.includes('ECONNREFUSED')));
    expect(consumer.health()).toEqual({ sinceTickMs: expect.any(Number), waitingFor: 'kafka', partitions: [] });
    // Kafka says its own address to whoever asks here.
    const door = createServer((socket) => {
      const behind = connect(kafka.port, '127.0.0.1');
      socket.on('error', () => behind.destroy()).pipe(behind);
      behind.on('error', () => socket.destroy()).pipe(socket);
    }).listen(port, '127.0.0.1');
    await room.until(() => worker.admitted.length >= 10);
    door.close();
    expect(elsewhere.fatal).toEqual([]);
  });
});
