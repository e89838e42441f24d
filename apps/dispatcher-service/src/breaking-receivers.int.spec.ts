import { deliveryDetailSchema, deliveryPageSchema, type DeliveryDetail } from '@ringback/contracts';
import { eventually } from '@ringback/testbed';
import { conversionCreated } from './testing/conversion-event.js';
import { DispatchersUnderTest, type RunningDispatcher } from './testing/dispatchers-under-test.js';
import { RawServer } from './testing/raw-server.js';
import { RECEIVER_ZOO } from './testing/receiver-zoo.js';

/** Sender and receivers share one process here, and some of these send as fast as they can. */
const TIMEOUT_MS = 5_000;

describe('a delivery to a receiver', () => {
  let spec: DispatchersUnderTest;
  let service: RunningDispatcher;
  const servers: RawServer[] = [];
  const zoo = Object.entries(RECEIVER_ZOO);
  /** One event, told to all of them at once. */
  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    for (const [, { on }] of zoo) servers.push(await RawServer.start(on));
    const callbacks = servers.map((server, index) =>
      spec.author.callback(index + 1, { url: `${server.origin()}/`, httpType: 'POST_JSON', timeoutMs: TIMEOUT_MS }),
    );
    await spec.configure(...callbacks);
    service = await spec.run();
    await spec.publish(conversionCreated({ revision: spec.author.revision }));
  });
  afterAll(async () => {
    await spec.stop();
    await Promise.all(servers.map((server) => server.stop()));
  });
  const deliveryOf = async (callbackId: number): Promise<DeliveryDetail> => {
    const page = deliveryPageSchema.parse((await service.get(`/v1/deliveries?callbackId=${callbackId}`)).body);
    return deliveryDetailSchema.parse((await service.get(`/v1/deliveries/${page.items[0]!.id}`)).body);
  };

  it.each(zoo.map(([name, { ends }], index) => [name, ends, index + 1] as const))(
    '%s is recorded as what it came to',
    async (_, ends, callbackId) => {
      let delivery!: DeliveryDetail;
      await eventually(async () => (delivery = await deliveryOf(callbackId)).attempts > 0);
      const [first] = delivery.attemptLog;
      if (ends.kind === 'answered') {
        expect(delivery).toMatchObject({ status: 'delivered', attempts: 1, httpStatus: ends.status, error: null });
        return;
      }
      expect(delivery.status).toBe('retrying');
      const error = ends.kind === 'timeout' ? `no answer within ${TIMEOUT_MS} ms` : (ends.message ?? expect.any(String));
      expect(first).toMatchObject({ number: 1, httpStatus: null, error, response: null });
      expect(first!.durationMs).toBeLessThan(TIMEOUT_MS + 2_000);
    },
  );
});
