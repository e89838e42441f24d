import {
  deadLetterDetailSchema,
  deadLetterPageSchema,
  deadLettersReplaySchema,
  TOPICS,
  topicName,
  type DeadLetterView,
} from '@ringback/contracts';
import { eventually } from '@ringback/testbed';
import { HeldDispatchers } from './testing/held-dispatchers.js';
import { conversionCreated } from './testing/conversion-event.js';
import type { RunningDispatcher } from './testing/dispatchers-under-test.js';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('dead letters', () => {
  let held: HeldDispatchers;
  let service: RunningDispatcher;
  beforeAll(async () => {
    held = await HeldDispatchers.start();
    await held.spec.configure(held.spec.author.callback(1, { url: `${held.spec.receiver.url}/to` }));
    service = await held.run();
  });
  afterAll(() => held.stop());

  const list = async (query = ''): Promise<DeadLetterView[]> =>
    deadLetterPageSchema.parse((await service.get(`/v1/dead-letters${query}`)).body).items;
  const publish = (recordedAtMs: number) => {
    const event = conversionCreated({ revision: held.spec.author.revision, recordedAtMs });
    return held.spec.publish(event).then(() => event);
  };
  const letters = (count: number) => eventually(async () => (await list('?limit=200')).length === count);

  it('are listed, newest first, and read with what came', async () => {
    await held.spec.publishRaw({ key: 'ä', value: Buffer.from('{"type":') }, { key: 'b', value: Buffer.from([0xff, 0x00]) });
    await letters(2);
    const all = await list();
    expect(all.map(({ reason }) => reason.split(':')[0])).toEqual(['unreadable', 'unreadable']);
    const pages = [];
    for (let query = '?limit=1'; query !== '';) {
      const page = deadLetterPageSchema.parse((await service.get(`/v1/dead-letters${query}`)).body);
      pages.push(...page.items);
      query = page.nextCursor === null ? '' : `?limit=1&cursor=${page.nextCursor}`;
    }
    expect(pages).toEqual(all);
    const details = await Promise.all(
      all.map(async ({ id }) => deadLetterDetailSchema.parse((await service.get(`/v1/dead-letters/${id}`)).body)),
    );
    const byKey = new Map(details.map((detail) => [detail.key!.text, detail.value]));
    expect(byKey.get('ä')).toEqual({ text: '{"type":', bytes: 8, truncated: false });
    expect(byKey.get('b')).toEqual({ base64: '/wA=', bytes: 2, truncated: false });
    expect(await list('?reason=too-old')).toEqual([]);
    expect(await list(`?to=${new Date(0).toISOString()}`)).toEqual([]);
    expect((await service.get('/v1/dead-letters/nothing')).status).toBe(404);
    expect((await service.get(`/v1/dead-letters/dispatcher-service:x:0:1`)).status).toBe(404);
  });

  it('are replayed once, by the way of any message: what was delivered is not sent again, though it is forced', async () => {
    const { receiver } = held.spec;
    const event = await publish(held.clock.now() + 2 * DAY_MS);
    await letters(3);
    const [letter] = await list('?reason=too-new');
    held.clock.advance(2 * DAY_MS);
    const replayed = await service.post(`/v1/dead-letters/${letter!.id}/replay`, undefined);
    expect(replayed).toMatchObject({ status: 200, body: { replayedAt: expect.any(String), replayedBy: 'ada@example.com' } });
    await eventually(() => receiver.on('/to').length === 1);
    await eventually(async () => (await held.spec.count('dispatcher.delivery where conversion_id = $1', [event.data.conversion.id])) === 1);

    expect(await service.post(`/v1/dead-letters/${letter!.id}/replay`, {})).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/it was replayed .* "force"/) },
    });
    expect((await service.post(`/v1/dead-letters/${letter!.id}/replay`, { force: true })).status).toBe(200);
    await publish(held.clock.now());
    await eventually(() => receiver.on('/to').length === 2);
    await eventually(async () => (await held.spec.count('dispatcher.delivery')) === 2);
    expect(receiver.repeats).toBe(0);
    expect((await list('?replayed=true')).map(({ id }) => id)).toEqual([letter!.id]);
  });

  it('that would be refused again are not replayed, and say why', async () => {
    await publish(held.clock.now() - 40 * DAY_MS);
    await letters(4);
    const [tooOld] = await list('?reason=too-old');
    expect(await service.post(`/v1/dead-letters/${tooOld!.id}/replay`, { force: true })).toMatchObject({
      status: 409,
      body: { detail: tooOld!.reason },
    });
    const topic = topicName(TOPICS.offersConfigurations, held.spec.prefix);
    await held.spec.db.query(
      `insert into dispatcher.dead_letter (topic, partition, message_offset, key, value, reason) values ($1, 0, 7, 'k', 'v', 'unreadable: x')`,
      [topic],
    );
    expect(await service.post(`/v1/dead-letters/dispatcher-service:${topic}:0:7/replay`, {})).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('restart the service') },
    });
  });

  it('are replayed by a filter, the oldest first, up to a limit; what still cannot be read becomes a letter of its own', async () => {
    const replay = async (body: object) => {
      const answer = await service.post('/v1/dead-letters/replay', body);
      expect(answer.status).toBe(200);
      return deadLettersReplaySchema.parse(answer.body);
    };
    expect(await replay({ reason: 'unreadable', limit: 1 })).toEqual({ replayed: 1, refusedCount: 0, refused: [], more: true });
    await letters(6);
    expect(await replay({ reason: 'unreadable' })).toMatchObject({ replayed: 2, refusedCount: 1, more: false });
    await letters(8);
    expect(await list('?reason=unreadable&replayed=false&limit=200')).toHaveLength(3);
    expect(await replay({ reason: 'too-old' })).toMatchObject({
      replayed: 0,
      refused: [{ id: expect.stringContaining('dispatcher-service:'), why: expect.stringMatching(/^too-old: /) }],
    });
    expect(await replay({ service: 'offers-service' })).toMatchObject({ replayed: 0 });
    expect(await service.post('/v1/dead-letters/replay', { limit: 1_001 })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'limit' }] },
    });
  });
});
