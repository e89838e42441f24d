import type { Conversion } from '@ringback/contracts';
import { eventually, HeldClock } from '@ringback/testbed';
import { conversionCreated } from './conversion-event.js';
import { DispatchersUnderTest, type RunningDispatcher } from './dispatchers-under-test.js';

export interface BreakerRow {
  readonly scope: string;
  readonly key: string;
  readonly openings: number;
  /** Ms since the epoch. */
  readonly until: number;
}

/** Dispatchers on a clock that moves only when told: what waits, waits until the spec lets time pass. */
export class HeldDispatchers {
  readonly clock = new HeldClock(Date.now());
  readonly running: RunningDispatcher[] = [];

  private constructor(readonly spec: DispatchersUnderTest) {}

  static async start(): Promise<HeldDispatchers> {
    return new HeldDispatchers(await DispatchersUnderTest.start());
  }

  async run(env: Record<string, string> = {}): Promise<RunningDispatcher> {
    const running = await this.spec.run(env, this.clock.now);
    this.running.push(running);
    return running;
  }

  /** Publishes events of `count` new conversions of one affiliate. */
  async publish(affiliateId: number, count = 1, conversion: Partial<Conversion> = {}): Promise<void> {
    const setting = {
      revision: this.spec.author.revision,
      conversion: { affiliateId, ...conversion },
      recordedAtMs: this.clock.now(),
    };
    await this.spec.publish(...Array.from({ length: count }, () => conversionCreated(setting)));
  }

  /** Has what is due now claimed. */
  claim(): void {
    for (const { dispatcher } of this.running) dispatcher.parked.wake();
  }

  /** Each sees what the others know. */
  async look(): Promise<void> {
    await Promise.all(this.running.map(({ dispatcher }) => dispatcher.parked.look()));
  }

  /** Lets time pass, second by second, until it is so. */
  async inTime(check: () => boolean | Promise<boolean>): Promise<void> {
    await eventually(async () => {
      if (await check()) return true;
      this.clock.advance(1_000);
      this.claim();
      return false;
    });
  }

  /** Goes to when the one delivery of a callback that has failed is due again, and waits until that attempt is recorded. */
  async retry(callbackId: number): Promise<void> {
    const { due, attempts } = await eventually(async () => {
      const [row] = await this.spec.rows<{ due: number; attempts: number }>(
        `select extract(epoch from due_at)::float8 * 1000 as due, attempts from dispatcher.parked
         where callback_id = $1 and attempts > 0 and lease_token is null`,
        [callbackId],
      );
      return row;
    }).then((row) => row!);
    this.clock.set(Math.max(due, this.clock.now()));
    this.claim();
    await eventually(async () => (await this.attempts(callbackId)) > attempts);
  }

  /** Deliveries of a callback that are parked and not under way. */
  waiting(callbackId: number): Promise<number> {
    return this.spec.count('dispatcher.parked where callback_id = $1 and lease_token is null', [callbackId]);
  }

  delivered(callbackId: number): Promise<number> {
    return this.spec.count("dispatcher.delivery where callback_id = $1 and status = 'delivered'", [callbackId]);
  }

  /** Attempts made for a callback's deliveries, and recorded. */
  async attempts(callbackId: number): Promise<number> {
    const [row] = await this.spec.rows<{ made: string }>(
      `select coalesce(sum(attempts), 0) as made
       from (select attempts, callback_id from dispatcher.parked union all select attempts, callback_id from dispatcher.delivery) as recorded
       where callback_id = $1`,
      [callbackId],
    );
    return Number(row!.made);
  }

  /** The breaker that is open, if any. */
  async breaker(): Promise<BreakerRow | undefined> {
    const [row] = await this.spec.rows<BreakerRow>(
      'select scope, key, openings, extract(epoch from open_until)::float8 * 1000 as until from dispatcher.breaker',
    );
    return row;
  }

  /** @throws what was fatal to one of them */
  async stop(): Promise<void> {
    await this.spec.stop();
    const fatals = this.running.flatMap(({ life }) => life.fatals);
    if (fatals.length > 0) throw new AggregateError(fatals, 'a dispatcher had to end');
  }
}
