import { deliveryId, type ConversionEvent, type Delivery, type DeliveryDetail, type Redelivery } from '@ringback/contracts';
import { eventually, HeldClock } from '@ringback/testbed';
import { conversionCreated, type EventSetting } from './conversion-event.js';
import { DispatchersUnderTest, type RunningDispatcher } from './dispatchers-under-test.js';
import { FakeLedger } from './fake-ledger.js';

/** Dispatchers on a held clock, and a ledger that knows what was published: what is needed to send something again. */
export class RedeliveryRoom {
  readonly clock = new HeldClock(Date.now());
  service!: RunningDispatcher;

  private constructor(
    readonly spec: DispatchersUnderTest,
    readonly ledger: FakeLedger,
  ) {}

  static async start(): Promise<RedeliveryRoom> {
    const [spec, ledger] = await Promise.all([DispatchersUnderTest.start(), FakeLedger.start()]);
    const room = new RedeliveryRoom(spec, ledger);
    room.service = await room.run();
    return room;
  }

  run(): Promise<RunningDispatcher> {
    return this.spec.run({ CONVERSIONS_URL: this.ledger.url }, this.clock.now);
  }

  /** A callback of its own affiliate, which the receiver sees as `/<id>/<version>`. */
  async callback(id: number, setting: object = {}): Promise<void> {
    const { author, receiver } = this.spec;
    await this.spec.configure(author.callback(id, { affiliateId: id, url: `${receiver.url}/${id}?t={click_id}`, ...setting }));
  }

  /** Records and publishes conversions of an affiliate, and waits until the log has their deliveries. @returns their events */
  async settle(affiliateId: number, count: number, setting: Partial<EventSetting> = {}): Promise<ConversionEvent[]> {
    const events = Array.from({ length: count }, (_, index) =>
      conversionCreated({
        revision: this.spec.author.revision,
        recordedAtMs: this.clock.now() - 60_000 + index,
        ...setting,
        conversion: { affiliateId, clickId: `click-${index}`, ...setting.conversion },
      }),
    );
    this.ledger.record(...events);
    const before = await this.spec.count('dispatcher.delivery where callback_id = $1', [affiliateId]);
    await this.spec.publish(...events);
    await eventually(async () => (await this.spec.count('dispatcher.delivery where callback_id = $1', [affiliateId])) === before + count);
    return events;
  }

  idOf(event: ConversionEvent, callbackId: number): string {
    return deliveryId(Date.parse(event.time), event.id, callbackId);
  }

  async detail(id: string): Promise<DeliveryDetail> {
    return (await this.service.get(`/v1/deliveries/${id}`)).body as DeliveryDetail;
  }

  async redeliver(id: string, body?: unknown): Promise<{ status: number; body: Delivery & { detail?: string } }> {
    return (await this.service.post(`/v1/deliveries/${id}/redeliver`, body)) as { status: number; body: Delivery & { detail?: string } };
  }

  /** Asks for all deliveries of a callback to be sent again. */
  async redeliverAll(callbackId: number, more: object = {}): Promise<Redelivery> {
    const { status, body } = await this.service.post('/v1/redeliveries', { ...this.inputOf(callbackId), ...more });
    expect(status).toBe(201);
    return body as Redelivery;
  }

  inputOf(callbackId: number) {
    const from = new Date(this.clock.now() - 3_600_000).toISOString();
    const to = new Date(this.clock.now() + 3_600_000).toISOString();
    return { filter: { callbackId, from, to } };
  }

  async progress(id: string): Promise<Redelivery> {
    const { status, body } = await this.service.get(`/v1/redeliveries/${id}`);
    expect(status).toBe(200);
    return body as Redelivery;
  }

  /** Waits, without any time passing, until the redelivery is as told. */
  reaches(id: string, wanted: Partial<Redelivery>): Promise<unknown> {
    return eventually(async () => {
      expect(await this.progress(id)).toMatchObject(wanted);
      return true;
    });
  }

  async stop(): Promise<void> {
    await this.spec.stop();
    await this.ledger.stop();
    expect(this.service.life.fatals).toEqual([]);
  }
}
