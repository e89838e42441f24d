import type { Consumer, EachBatchPayload, PartitionAssigner } from 'kafkajs';
import { withDeadline } from './deadline.js';
import type { EventStream } from './kafka.js';

/** A fetch waits at most this long for messages. A partition that is opened meanwhile waits as long, so it is short. */
const MAX_WAIT_MS = 100;
const HEARTBEAT_EVERY_MS = 1_000;
/** Tries of kafkajs: a new membership would have to wait until the group has noticed that the old one is gone (a session timeout), while a
 * broker that comes back still knows the old one. */
const FOR_EVER = 1e9;
const LEAVE_TIMEOUT_MS = 3_000;

/** What kafkajs' cluster can do beyond its types. */
interface GroupCluster {
  findGroupCoordinator(group: {
    groupId: string;
  }): Promise<{ leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown> }>;
}

export interface GroupSessionOptions {
  readonly stream: EventStream;
  readonly groupId: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  readonly assigner: PartitionAssigner;
  /** Of the session before, if it ended without having left: the group would wait for it until its session timeout. */
  readonly formerMemberId: string | null;
  /** In the group, with these partitions. Called before anything of them is fetched. */
  onJoined(partitions: ReadonlySet<number>): void;
  /** The group has answered a heartbeat. */
  onHeartbeat(): void;
  /** The fetch loop turned, or tried to. */
  onTick(): void;
  /** Batches of different partitions may come at once. */
  onBatch(payload: EachBatchPayload): Promise<void>;
  /** kafkajs passed over a batch in which nothing was left to read (control records): reading goes on at this offset. */
  onPassedOver(partition: number, nextOffset: number): void;
}

/**
 * One membership of the consumer group, from the connection to its end; kafkajs' own restart is switched off, since it cannot be stopped
 * while it starts. After an end the client is cut off, so nothing of an old session can come back, and the owner begins a new one.
 * Offsets are neither committed nor trusted here: every partition is paused, or sought, when the group is joined.
 */
export class GroupSession {
  readonly #options: GroupSessionOptions;
  readonly #client;
  readonly #consumer: Consumer;
  readonly #ended = Promise.withResolvers<unknown>();
  readonly #finished = Promise.withResolvers<void>();
  #cluster: GroupCluster | null = null;
  #memberId: string | null = null;
  #starting: Promise<void> = Promise.resolve();
  #isOver = false;
  #joined: ReadonlySet<number> = new Set();
  #reading: ReadonlySet<number> = new Set();

  constructor(options: GroupSessionOptions) {
    const { stream, groupId, sessionTimeoutMs, assigner } = options;
    this.#options = options;
    this.#client = stream.client({ retries: FOR_EVER });
    this.#consumer = this.#client.kafka.consumer({
      groupId,
      partitionAssigners: [
        (config) => {
          this.#cluster = config.cluster as unknown as GroupCluster;
          return assigner(config);
        },
      ],
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: HEARTBEAT_EVERY_MS,
      maxWaitTimeInMs: MAX_WAIT_MS,
      minBytes: 1,
      // Twice the largest batch that a topic of ours takes, so that every partition moves with every fetch.
      maxBytesPerPartition: 512 * 1024,
      allowAutoTopicCreation: false,
      // Explicit, all of it: with NODE_ENV=test kafkajs has other defaults.
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 500,
        factor: 0.2,
        multiplier: 2,
        retries: FOR_EVER,
        restartOnFailure: async () => false,
      },
    });
  }

  /** Null until the group was joined. */
  get memberId(): string | null {
    return this.#memberId;
  }

  /** @returns why the session ended: what kafkajs failed with, or null after `close`. Never rejects. */
  async run(): Promise<unknown> {
    this.#listen();
    this.#join().catch((error: unknown) => this.end(error));
    const reason = await this.#ended.promise;
    this.#isOver = true;
    await this.#leave();
    this.#finished.resolve();
    return reason;
  }

  async #join(): Promise<void> {
    const { topic, sessionTimeoutMs } = this.#options;
    const consumer = this.#consumer;
    await withDeadline(consumer.connect(), sessionTimeoutMs, 'connecting to Kafka');
    await withDeadline(consumer.subscribe({ topics: [topic], fromBeginning: true }), sessionTimeoutMs, 'a question for the topic');
    await this.#removeFormer();
    // Once it was told to leave it must not start: kafkajs cannot be stopped while it starts.
    if (this.#isOver) return;
    this.#starting = consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      // Handlers only admit: they return at once, or wait together.
      partitionsConsumedConcurrently: 64,
      eachBatch: (payload) => this.#take(payload),
    });
    await this.#starting;
  }

  /** Ends the session, as if it had failed with this. */
  end(reason: unknown): void {
    this.#ended.resolve(reason);
  }

  /** Leaves the group, so that the others get the partitions at once. Bounded in time; never rejects. */
  async close(): Promise<void> {
    this.end(null);
    await this.#finished.promise;
  }

  /** Which of the assigned partitions are read from now on. The others are paused; what was fetched of them is passed over. */
  read(partitions: ReadonlySet<number>): void {
    const { topic } = this.#options;
    if (this.#isOver || this.#joined.size === 0) return;
    const toPause = [...this.#joined].filter((partition) => !partitions.has(partition) && this.#reading.has(partition));
    const toResume = [...partitions].filter((partition) => this.#joined.has(partition) && !this.#reading.has(partition));
    if (toPause.length > 0) this.#consumer.pause([{ topic, partitions: toPause }]);
    if (toResume.length > 0) this.#consumer.resume([{ topic, partitions: toResume }]);
    this.#reading = new Set([...partitions].filter((partition) => this.#joined.has(partition)));
  }

  seek(partition: number, offset: number): void {
    const { topic } = this.#options;
    if (!this.#isOver && this.#joined.has(partition)) this.#consumer.seek({ topic, partition, offset: String(offset) });
  }

  /** For lag tools. Does nothing when not a member. */
  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const { topic } = this.#options;
    const commits = [...offsets]
      .filter(([partition]) => this.#joined.has(partition))
      .map(([partition, offset]) => ({ topic, partition, offset: String(offset) }));
    if (this.#isOver || commits.length === 0) return;
    await this.#consumer.commitOffsets(commits);
  }

  #listen(): void {
    const { topic } = this.#options;
    const consumer = this.#consumer;
    const { GROUP_JOIN, HEARTBEAT, FETCH_START, FETCH, START_BATCH_PROCESS, CRASH } = consumer.events;
    // A listener that throws would throw inside kafkajs: everything called here is the consumer's own and does not.
    consumer.on(GROUP_JOIN, ({ payload }) => {
      if (this.#isOver) return;
      this.#memberId = payload.memberId;
      this.#joined = new Set(payload.memberAssignment[topic] ?? []);
      // kafkajs keeps what is paused through a rejoin but begins with nothing paused: pause all, then open what may be read.
      if (this.#joined.size > 0) consumer.pause([{ topic, partitions: [...this.#joined] }]);
      this.#reading = new Set();
      this.#options.onJoined(this.#joined);
    });
    consumer.on(HEARTBEAT, () => !this.#isOver && this.#options.onHeartbeat());
    consumer.on(FETCH_START, () => {
      // A join that came through while the session was ended starts kafkajs' loop after all. This ends it: nothing else can.
      if (this.#isOver) throw Object.assign(new Error('the session is over'), { retriable: false });
      this.#options.onTick();
    });
    consumer.on(FETCH, () => !this.#isOver && this.#options.onTick());
    consumer.on(START_BATCH_PROCESS, ({ payload }) => {
      if (!this.#isOver && payload.batchSize === 0) this.#options.onPassedOver(payload.partition, Number(payload.lastOffset) + 1);
    });
    consumer.on(CRASH, ({ payload }) => this.end(payload.error));
  }

  async #take(payload: EachBatchPayload): Promise<void> {
    if (this.#isOver) return;
    // kafkajs sends no heartbeat while a handler waits.
    const timer = setInterval(() => {
      // Told again, and acted on, by the heartbeat that kafkajs sends after the handler.
      payload.heartbeat().catch(() => undefined);
    }, HEARTBEAT_EVERY_MS);
    try {
      await this.#options.onBatch(payload);
    } finally {
      clearInterval(timer);
    }
  }

  /** Best effort. The session before was cut off, so nothing of it can still be at work. */
  async #removeFormer(): Promise<void> {
    const { groupId, formerMemberId, sessionTimeoutMs, stream } = this.#options;
    const cluster = this.#cluster;
    if (formerMemberId === null || cluster === null) return;
    const leave = async () => {
      const coordinator = await cluster.findGroupCoordinator({ groupId });
      await coordinator.leaveGroup({ groupId, memberId: formerMemberId });
    };
    await withDeadline(leave(), sessionTimeoutMs, 'leaving the group').catch((error: unknown) =>
      stream.logger.debug({ err: error, groupId }, 'the former membership was not ended: the group will notice'),
    );
  }

  async #leave(): Promise<void> {
    try {
      // A join under way is let through first: kafkajs leaves only what it knows to have joined.
      const leaving = this.#starting.catch(() => undefined).then(() => this.#consumer.disconnect());
      await withDeadline(leaving, LEAVE_TIMEOUT_MS, 'leaving the group');
    } catch (error) {
      this.#options.stream.logger.debug({ err: error, groupId: this.#options.groupId }, 'the group was not left in order: it will notice');
    } finally {
      this.#client.cutOff();
    }
  }
}
