import { DeadLettersController, type DeadLetterSource } from './dead-letters.controller.js';

describe('dead letters, of which nobody can tell whose offer they are about', () => {
  const source = new Proxy({} as DeadLetterSource, {
    get: () => () => {
      throw new Error('the source was asked');
    },
  });
  const letters = new DeadLettersController(source);
  const limited = { name: 'key', offerIds: [1] };
  const id = 'dispatcher-service:conversions.events:0:1';

  it.each([
    ['listed', () => letters.list(limited, { limit: 50 })],
    ['read', () => letters.find(limited, id)],
    ['replayed', () => letters.replay(id, { force: false }, limited)],
    ['replayed by a filter', () => letters.replayAll({ limit: 1 }, limited)],
  ])('are not %s by who is limited to some', async (_, ask) => {
    await expect(ask()).rejects.toMatchObject({ status: 403 });
  });
});
