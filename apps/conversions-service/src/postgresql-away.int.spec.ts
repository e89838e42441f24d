import { OutageRoom } from './testing/outage-room.js';

describe('while PostgreSQL is away', () => {
  let room: OutageRoom;
  beforeAll(async () => {
    room = await OutageRoom.open();
  }, 120_000);
  afterAll(() => room?.close(), 120_000);

  it.each(['kill', 'pause'] as const)(
    'PostgreSQL away by %s: 503 within 15 s, and recording goes on when it is back',
    async (how) => {
      await room.postgres[how]();
      try {
        const began = performance.now();
        const answers = await Promise.all(Array.from({ length: 5 }, () => room.record()));
        expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
        expect(answers[0]!.headers.get('retry-after')).not.toBeNull();
        expect(performance.now() - began).toBeLessThan(15_000);
        expect((await room.service.call('GET', '/v1/conversions')).status).toBe(503);
      } finally {
        if (how === 'kill') await room.postgres.restart();
        else room.postgres.resume();
      }
      await room.recordsAgain();
      await room.allPublished();
    },
    90_000,
  );
});
