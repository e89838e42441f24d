import { Controller, type INestMicroservice, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload } from '@nestjs/microservices';
import { throwError } from 'rxjs';
import { type AdmittedBatch, EventStreamStrategy } from './event-stream-strategy.js';
import { type Instance, IntakeRoom, NotingWorker, SCHEMA, SESSION_TIMEOUT_MS } from './testing/intake-room.js';

/** @returns a controller whose handler of the pattern does this. */
function controllerOf(pattern: string, take: (batch: AdmittedBatch) => unknown): Type {
  @Controller()
  class EventsController {
    @EventPattern<Record<string, AdmittedBatch>>(pattern)
    take(@Payload() batch: AdmittedBatch): unknown {
      return take(batch);
    }
  }
  return EventsController;
}

describe('the event stream as a Nest transport', () => {
  let room: IntakeRoom;
  let app: INestMicroservice | null = null;
  let a: Instance;
  let worker: NotingWorker;
  let strategy: EventStreamStrategy;

  beforeEach(async () => {
    room = await IntakeRoom.open({ partitions: 1 });
    a = room.instance('a');
    worker = new NotingWorker(a);
  });
  afterEach(async () => {
    await app?.close();
    app = null;
    await room.close();
  });

  async function listen(...controllers: Type[]): Promise<void> {
    strategy = new EventStreamStrategy({
      stream: a.stream,
      pool: a.pool,
      schema: SCHEMA,
      instanceId: a.name,
      logger: a.stream.logger,
      onFatal: (error) => void a.fatal.push(error),
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      subscriptions: [{ pattern: 'events', topic: room.topic, groupId: room.groupId, worker }],
    });
    @Module({ controllers })
    class EventsModule {}
    app = await NestFactory.createMicroservice(EventsModule, { strategy, logger: false, abortOnError: false });
    await app.listen();
  }

  it('hands the batches of a topic to the handler of its pattern', async () => {
    await room.publish(0, 50);
    await listen(controllerOf('events', ({ lease, messages }) => worker.admit(lease, messages)));
    await room.until(async () => (await room.progress())[0] === 50);
    expect(worker.values).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
    expect(strategy.health()).toEqual({
      [room.topic]: expect.objectContaining({ partitions: [expect.objectContaining({ state: 'live' })] }),
    });
  });

  it('drains, and lets the partitions go, when it is closed', async () => {
    await listen(controllerOf('events', ({ lease, messages }) => worker.admit(lease, messages)));
    await room.until(() => worker.leases.length === 1);
    await app!.close();
    expect(worker.drainedAtMs.size).toBe(1);
    expect(await room.owners()).toEqual([null]);
  });

  it.each<[string, (batch: AdmittedBatch) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['returns a stream that fails', () => throwError(() => new Error('broken'))],
  ])('a handler that %s moves no progress, and is fatal', async (_, broken) => {
    await room.publish(0, 5);
    let calls = 0;
    await listen(
      controllerOf('events', (batch) => {
        calls++;
        return broken(batch);
      }),
    );
    await room.until(() => a.fatal.length > 0);
    await room.publish(5, 5);
    await app!.close();
    expect(a.fatal).toEqual([expect.objectContaining({ code: 'WORKER_FAILED' })]);
    expect(calls).toBe(1);
    expect(await room.progress()).toEqual([0]);
  });

  it('does not start when a subscription has no handler, or a handler no subscription', async () => {
    await expect(listen()).rejects.toMatchObject({ code: 'HANDLERS_MISMATCH' });
    await expect(
      listen(
        controllerOf('events', () => undefined),
        controllerOf('others', () => undefined),
      ),
    ).rejects.toMatchObject({
      code: 'HANDLERS_MISMATCH',
    });
  });
});
