import { startKafka, startPostgres, type RunningKafka, type RunningPostgres } from '@ringback/testbed';
import { ConversionsUnderTest, type Answer } from './testing/conversions-under-test.js';
import { holds } from './testing/holds.js';

describe('while PostgreSQL or Kafka is away', () => {
  let postgres: RunningPostgres;
  let kafka: RunningKafka;
  let service: ConversionsUnderTest;
  const acknowledged: string[] = [];

  beforeAll(async () => {
    [postgres, kafka] = await Promise.all([startPostgres(), startKafka()]);
    service = await ConversionsUnderTest.start({ databaseServer: postgres.url, brokers: kafka.brokers.split(',') });
    await service.configuration.affiliate(1);
    await service.configuration.offer(1);
    expect((await record()).status).toBe(201);
  }, 120_000);
  afterAll(async () => {
    await service?.stop();
    await Promise.all([postgres?.stop(), kafka?.stop()]);
  }, 120_000);

  const record = async (difference: object = {}): Promise<Answer> => {
    const answer = await service.call('POST', '/v1/conversions', { offerId: 1, affiliateId: 1, status: 'done', ...difference });
    if (answer.status === 201) acknowledged.push(answer.body.id as string);
    return answer;
  };
  const allPublished = () =>
    holds(() => {
      const published = new Set(service.events.map(({ data }) => data.conversion.id));
      expect(acknowledged.filter((id) => !published.has(id))).toEqual([]);
    }, 30_000);
  const recordsAgain = () => holds(async () => expect((await record()).status).toBe(201), 30_000);

  it.each(['kill', 'pause'] as const)(
    'PostgreSQL away by %s: 503 within 15 s, and recording goes on when it is back',
    async (how) => {
      await postgres[how]();
      try {
        const began = performance.now();
        const answers = await Promise.all(Array.from({ length: 5 }, () => record()));
        expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
        expect(answers[0]!.headers.get('retry-after')).not.toBeNull();
        expect(performance.now() - began).toBeLessThan(15_000);
        expect((await service.call('GET', '/v1/conversions')).status).toBe(503);
      } finally {
        if (how === 'kill') await postgres.restart();
        else postgres.resume();
      }
      await recordsAgain();
      await allPublished();
    },
    90_000,
  );

  it.each(['kill', 'pause'] as const)(
    'Kafka away by %s: what is known is recorded, what is not known gets 503, and its events follow when it is back',
    async (how) => {
      await kafka[how]();
      try {
        const began = performance.now();
        const first = await record();
        expect(first.status).toBe(201);
        expect(performance.now() - began).toBeLessThan(5_000);
        for (let index = 0; index < 20; index++) expect((await record({ transactionId: `${how}-${index}` })).status).toBe(201);
        expect((await record({ offerId: 2 })).status).toBe(503);
        expect((await record({ affiliateId: 2 })).status).toBe(503);
        const change = await service.call('PUT', `/v1/conversions/${first.body.id}/status`, { status: 'rejected' });
        expect(change).toMatchObject({ status: 200, body: { version: 2 } });
        expect(service.events.some(({ data }) => data.conversion.id === first.body.id)).toBe(false);
      } finally {
        if (how === 'kill') await kafka.restart();
        else kafka.resume();
      }
      await allPublished();
      await holds(async () => expect((await record({ offerId: 2 })).status).toBe(422), 30_000);
      await holds(async () => {
        await service.configuration.affiliate(1);
        expect((await record()).status).toBe(201);
      }, 30_000);
    },
    90_000,
  );

  it('starts without either, answers 503, and works once they are there', async () => {
    await Promise.all([postgres.kill(), kafka.kill()]);
    const starting = service.addInstance();
    const url = await starting;
    const post = () => service.call('POST', '/v1/conversions', { offerId: 1, affiliateId: 1, status: 'done' }, { url });
    expect((await post()).status).toBe(503);
    await Promise.all([postgres.restart(), kafka.restart()]);
    await holds(async () => expect((await post()).status).toBe(201), 60_000);
  }, 120_000);
});
