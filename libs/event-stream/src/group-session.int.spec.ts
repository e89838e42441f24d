import { GroupSession, type GroupSessionOptions } from './group-session.js';
import { stickyAssigner } from './sticky-assigner.js';
import { type Instance, IntakeRoom } from './testing/intake-room.js';

describe('a membership of a consumer group', () => {
  let room: IntakeRoom;
  beforeEach(async () => {
    room = await IntakeRoom.open({ partitions: 3 });
  });
  afterEach(() => room.close());

  function session(instance: Instance, more: Partial<GroupSessionOptions> = {}) {
    const joins: number[][] = [];
    const created = new GroupSession({
      stream: instance.stream,
      groupId: room.groupId,
      topic: room.topic,
      sessionTimeoutMs: 30_000,
      assigner: stickyAssigner(room.topic, () => []),
      formerMemberId: null,
      onJoined: (partitions) => joins.push([...partitions]),
      onHeartbeat: () => undefined,
      onTick: () => undefined,
      onBatch: () => Promise.resolve(),
      onPassedOver: () => undefined,
      ...more,
    });
    return { joins, created, ended: created.run() };
  }

  it('reads nothing of what it was assigned until it is told to', async () => {
    await room.publish(0, 30);
    const a = room.instance('a');
    let ticks = 0;
    const read: number[] = [];
    const { created, ended } = session(a, {
      onTick: () => ticks++,
      onBatch: async ({ batch, resolveOffset }) => {
        read.push(batch.partition);
        resolveOffset(batch.messages.at(-1)!.offset);
      },
    });
    await room.until(() => ticks > 5);
    expect(read).toEqual([]);
    created.read(new Set([1]));
    await room.until(() => read.length > 0);
    expect(new Set(read)).toEqual(new Set([1]));
    await created.close();
    expect(await ended).toBeNull();
  });

  it('takes the place of one that could not leave, without waiting for its session timeout', async () => {
    const a = room.instance('a');
    const first = session(a);
    await room.until(() => first.joins.length === 1);
    a.cutConnections();
    first.created.end(new Error('given up'));
    expect(await first.ended).toEqual(new Error('given up'));
    const second = session(a, { formerMemberId: first.created.memberId });
    // Far below the 30 s of the session timeout.
    await room.until(() => second.joins.length === 1, 5_000);
    expect(second.joins).toEqual([[0, 1, 2]]);
    await second.created.close();
  });

  it('hands its partitions to the others at once when it is closed', async () => {
    const [first, second] = [session(room.instance('a')), session(room.instance('b'))];
    await room.until(() => [first, second].every(({ joins }) => joins.length > 0 && joins.at(-1)!.length < 3));
    await first.created.close();
    await room.until(() => second.joins.at(-1)?.length === 3, 5_000);
    await second.created.close();
  });

  it('leaves the group also when it is closed while it joins', async () => {
    const a = room.instance('a');
    const first = session(a);
    await room.until(() => a.log.some(({ message }) => message.endsWith('Consumer: Starting')));
    await first.created.close();
    const second = session(room.instance('b'));
    await room.until(() => second.joins.at(-1)?.length === 3, 5_000);
    await second.created.close();
  });
});
