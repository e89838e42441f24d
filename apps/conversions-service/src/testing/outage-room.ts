import { startKafka, startPostgres, type RunningKafka, type RunningPostgres } from '@ringback/testbed';
import { ConversionsUnderTest, type Answer } from './conversions-under-test.js';
import { holds } from './holds.js';

/** The service on servers of its own, which a spec may take away; it remembers what was acknowledged. */
export class OutageRoom {
  readonly #acknowledged: string[] = [];

  private constructor(
    readonly postgres: RunningPostgres,
    readonly kafka: RunningKafka,
    readonly service: ConversionsUnderTest,
  ) {}

  /** With affiliate 1 and offer 1 known, and one conversion recorded. */
  static async open(): Promise<OutageRoom> {
    const [postgres, kafka] = await Promise.all([startPostgres(), startKafka()]);
    const service = await ConversionsUnderTest.start({ databaseServer: postgres.url, brokers: kafka.brokers.split(',') });
    await service.configuration.affiliate(1);
    await service.configuration.offer(1);
    const room = new OutageRoom(postgres, kafka, service);
    await room.recordsAgain();
    return room;
  }

  async close(): Promise<void> {
    await this.service.stop();
    await Promise.all([this.postgres.stop(), this.kafka.stop()]);
  }

  async record(difference: object = {}): Promise<Answer> {
    const answer = await this.service.call('POST', '/v1/conversions', { offerId: 1, affiliateId: 1, status: 'done', ...difference });
    if (answer.status === 201) this.#acknowledged.push(answer.body.id as string);
    return answer;
  }

  /** Waits until everything acknowledged is on its topic. */
  allPublished(): Promise<void> {
    return holds(() => {
      const published = new Set(this.service.events.map(({ data }) => data.conversion.id));
      expect(this.#acknowledged.filter((id) => !published.has(id))).toEqual([]);
    }, 30_000);
  }

  recordsAgain(): Promise<void> {
    return holds(async () => expect((await this.record()).status).toBe(201), 30_000);
  }
}
