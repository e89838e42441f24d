import { eventually } from '@ringback/testbed';
import { conversionCreated } from './testing/conversion-event.js';
import { DispatchersUnderTest } from './testing/dispatchers-under-test.js';

describe('a conversion event', () => {
  let spec: DispatchersUnderTest;
  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
  });
  afterAll(() => spec.stop());

  it('reaches the receiver exactly once, and the log', async () => {
    await spec.configure(spec.author.callback(1, { url: `${spec.receiver.url}/cb?click={click_id}&d={delivery_id}` }));
    await spec.run();
    await spec.publish(conversionCreated({ revision: spec.author.revision, conversion: { clickId: 'a b' } }));

    const [request] = await spec.receiver.waitFor(1);
    expect(request!.rawUrl).toBe(`/cb?click=a%20b&d=${request!.webhookId}`);
    expect(request!.header('user-agent')).toMatch(/^Ringback\/\d/);
    await spec.waitForProgress(1);
    const logged = await spec.rows<{ id: string; status: string; attempts: number; http_status: number }>(
      'select id, status, attempts, http_status from dispatcher.delivery',
    );
    expect(logged).toEqual([{ id: request!.webhookId, status: 'delivered', attempts: 1, http_status: 200 }]);
    expect(spec.receiver.requests).toHaveLength(1);
  });

  it('is delivered to every one of 2,000 callbacks of its offer, once', async () => {
    spec.receiver.clear();
    const records = Array.from({ length: 2_000 }, (_, index) =>
      spec.author.callback(1_000 + index, { affiliateId: 2, url: `${spec.receiver.url}/many?c={callback_id}` }),
    );
    await spec.configure(...records);
    await spec.publish(conversionCreated({ revision: spec.author.revision, conversion: { affiliateId: 2 } }));

    await spec.receiver.waitForIds(2_000, { timeoutMs: 30_000 });
    await eventually(async () => (await spec.count('dispatcher.delivery')) === 2_001);
    expect(await spec.rows('select error, count(*) from dispatcher.delivery_attempt group by error')).toEqual([]);
    expect(spec.receiver.repeats).toBe(0);
    expect(new Set(spec.receiver.requests.map(({ query }) => query.get('c'))).size).toBe(2_000);
  });
});
