import { FakeLease, fakeMessage } from '../testing/deliveries.js';
import { PartitionIntake } from './partition-intake.js';

describe('a partition’s progress', () => {
  it('moves past an event only when all before it are done, over holes in the offsets too', () => {
    const partition = new PartitionIntake(new FakeLease(0, 1, 10), 1_000);
    partition.push([fakeMessage(10), fakeMessage(13), fakeMessage(14)]);
    const events = [partition.take(0), partition.take(0), partition.take(0)];
    for (const event of events) {
      event.decided = true;
      event.open = 1;
    }
    expect(partition.advance()).toBe(false);
    events[1]!.open = 0;
    partition.advance();
    expect(partition.nextOffset).toBe(10);
    events[0]!.open = 0;
    expect(partition.advance()).toBe(true);
    expect(partition.nextOffset).toBe(14);
    events[2]!.open = 0;
    partition.advance();
    expect(partition.nextOffset).toBe(15);
  });

  it('does not move past an event that is still being looked up', () => {
    const partition = new PartitionIntake(new FakeLease(), 1_000);
    partition.push([fakeMessage(0)]);
    const event = partition.take(0);
    expect(partition.advance()).toBe(false);
    event.decided = true;
    expect(partition.advance()).toBe(true);
  });

  it('pauses the partition above its bound and resumes below half of it', () => {
    const lease = new FakeLease();
    const partition = new PartitionIntake(lease, 1_000);
    partition.push(Array.from({ length: 11 }, (_, offset) => fakeMessage(offset, Buffer.alloc(0))));
    expect(lease.paused).toBe(true);
    for (let taken = 0; taken < 6; taken++) partition.take(0);
    expect(lease.paused).toBe(true);
    partition.take(0);
    expect(lease.paused).toBe(false);
  });

  it('is drained when what was taken and looked up is recorded; the rest is the next owner’s', async () => {
    const partition = new PartitionIntake(new FakeLease(), 1_000);
    partition.push([fakeMessage(0), fakeMessage(1), fakeMessage(2)]);
    const first = partition.take(0);
    partition.take(0);
    first.decided = true;
    first.open = 1;
    let drained = false;
    const draining = partition.drain().then(() => (drained = true));
    expect(partition.isReady).toBe(false);
    first.open = 0;
    expect(partition.advance()).toBe(true);
    expect(partition.nextOffset).toBe(1);
    await Promise.resolve();
    expect(drained).toBe(false);
    partition.recorded(1);
    await draining;
    partition.push([fakeMessage(3)]);
    expect(partition.isReady).toBe(false);
  });

  it('is drained at once when nothing is open, or when it is lost', async () => {
    await new PartitionIntake(new FakeLease(), 1_000).drain();
    const partition = new PartitionIntake(new FakeLease(), 1_000);
    partition.push([fakeMessage(0)]);
    const event = partition.take(0);
    event.decided = true;
    event.open = 1;
    const draining = partition.drain();
    expect(partition.lose()).toEqual([event]);
    await draining;
    expect(partition.lost).toBe(true);
  });
});
