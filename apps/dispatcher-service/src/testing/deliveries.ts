import { randomUUID } from 'node:crypto';
import { deliveryId } from '@ringback/contracts';
import type { PartitionLease } from '@ringback/event-stream';
import { Delivery } from '../delivery/delivery.js';
import { PartitionIntake } from '../intake/partition-intake.js';
import { conversionCreated } from './conversion-event.js';

/** A lease that specs end and revive. */
export class FakeLease implements PartitionLease {
  readonly topic = 'events';
  live = true;
  paused = false;

  constructor(
    readonly partition = 0,
    readonly epoch = 1,
    readonly startOffset = 0,
  ) {}

  isLive(): boolean {
    return this.live;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
}

export function fakeMessage(offset: number, value: Buffer | null = Buffer.from('{}')) {
  return { offset, key: null, value, timestampMs: Date.now() };
}

/** @returns a delivery of an event of its own, not tracked by any partition unless told. */
export function aDelivery(destination = 'http://a:80', callbackId = 1): Delivery {
  const event = conversionCreated({ revision: 1, id: randomUUID() });
  const recordedAtMs = Date.parse(event.time);
  return new Delivery(
    deliveryId(recordedAtMs, event.id, callbackId),
    callbackId,
    { event, recordedAtMs, bytes: Buffer.from('{}') },
    destination,
  );
}

/** @returns a delivery of the next message of a partition, looked up and admitted. */
export function aTrackedDelivery(partition: PartitionIntake, offset: number, destination?: string): Delivery {
  const delivery = aDelivery(destination);
  partition.push([fakeMessage(offset)]);
  const tracked = partition.take(2);
  tracked.open = 1;
  tracked.decided = true;
  delivery.tracked = tracked;
  return delivery;
}
