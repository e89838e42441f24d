import { createHttpApp, Health, routesOf } from '@ringback/service-runtime';
import { letIn, refusedTokens } from '@ringback/testbed';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { ConversionsServiceModule, SERVICE_NAME } from './conversions-service.module.js';

const SECRET = 'a secret of the specs, at least 32 characters';

/** Every route there is, whichever controller adds it: the parts behind the guard are not there, so what passed it would be a 500. */
describe('a route of conversions-service', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    const module = ConversionsServiceModule.with({
      context: {} as never,
      commands: {} as never,
      deadLetters: {} as never,
      apiKeys: { identify: () => null },
      serviceTokens: { secret: SECRET },
    });
    app = await createHttpApp(module, { logger: pino({ level: 'silent' }), health: new Health() });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  it('answers nobody whose token is missing, forged, expired, unsigned or for another service', async () => {
    const asked = await letIn(await app.getUrl(), routesOf(app), refusedTokens(SECRET, SERVICE_NAME));
    expect(asked).toEqual({ routes: expect.any(Number), exceptions: [] });
    expect(asked.routes).toBeGreaterThanOrEqual(6);
  });
});
