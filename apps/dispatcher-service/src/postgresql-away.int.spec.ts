import { databaseUrl, eventually, freshDatabase, startPostgres } from '@ringback/testbed';
import { conversionCreated } from './testing/conversion-event.js';
import { DispatchersUnderTest } from './testing/dispatchers-under-test.js';

describe('while PostgreSQL is away', () => {
  it('nothing is lost and nothing is sent twice: each delivery is one request, recorded when it is back', async () => {
    const server = await startPostgres();
    const database = await freshDatabase({ server: server.url });
    const spec = await DispatchersUnderTest.start(databaseUrl(server.url, database.name));
    const { author, receiver } = spec;
    await spec.configure(author.callback(1, { url: `${receiver.url}/` }));
    receiver.answer({ delayMs: 100 });
    const service = await spec.run();
    const publish = (count: number) =>
      spec.publish(...Array.from({ length: count }, () => conversionCreated({ revision: author.revision })));

    await publish(100);
    await receiver.waitFor(30);
    server.pause();
    await publish(200);
    await eventually(() => service.dispatcher.waitingFor === 'postgresql', { timeoutMs: 20_000 });
    expect(receiver.requests.length).toBeLessThanOrEqual(100);
    expect(service.life.health.live().ok).toBe(true);
    server.resume();

    await receiver.waitForIds(300, { timeoutMs: 60_000 });
    await eventually(async () => (await spec.count('dispatcher.delivery')) === 300, { timeoutMs: 30_000 });
    expect(receiver.repeats).toBe(0);
    expect(service.life.fatals).toEqual([]);
    await spec.stop();
    await server.stop();
  });
});
