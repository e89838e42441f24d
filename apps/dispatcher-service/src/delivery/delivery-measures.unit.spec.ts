import { aDelivery } from '../testing/deliveries.js';
import { DeliveryMeasures } from './delivery-measures.js';
import type { SendResult } from './http-sender.js';

const timing = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null };
const answered = (status: number): SendResult => ({
  kind: 'answered',
  status,
  headers: [],
  body: Buffer.alloc(0),
  truncated: false,
  timing,
});

describe('measures of deliveries', () => {
  const counts = (measures: DeliveryMeasures) => ({
    direct: measures.firstAttempts.direct.cumulative().at(-1),
    parked: measures.firstAttempts.parked.cumulative().at(-1),
    latency: measures.latency.cumulative().at(-1),
    lateness: measures.lateness.cumulative().at(-1),
  });
  const parkedOne = () => {
    const delivery = aDelivery('http://a.example:80');
    delivery.lease = { token: 'token', endsAt: 0 };
    delivery.dueAtMs = delivery.event.recordedAtMs + 1_000;
    return delivery;
  };

  it('count the first attempt from the recording of its event, apart where it was parked before', () => {
    const measures = new DeliveryMeasures();
    const delivery = aDelivery('http://a.example:80');
    measures.started(delivery, delivery.event.recordedAtMs + 4_000);
    expect(measures.firstAttempts.direct.sum).toBe(4);
    const parked = parkedOne();
    measures.started(parked, parked.event.recordedAtMs + 9_000);
    expect(measures.firstAttempts.parked.sum).toBe(9);
    expect(measures.lateness.sum).toBe(8);
  });

  it('count no retry and nothing that is sent again as a first attempt', () => {
    const measures = new DeliveryMeasures();
    const retried = parkedOne();
    retried.attempts = 1;
    measures.started(retried, retried.dueAtMs!);
    const again = parkedOne();
    again.redelivery = { id: 'redelivery', of: null };
    measures.started(again, again.dueAtMs!);
    measures.ended(again, answered(200), 10, true, again.dueAtMs!);
    expect(counts(measures)).toEqual({ direct: 0, parked: 0, latency: 0, lateness: 2 });
  });

  it('are never negative where the clocks of two machines differ', () => {
    const measures = new DeliveryMeasures();
    const delivery = aDelivery('http://a.example:80');
    measures.started(delivery, delivery.event.recordedAtMs - 50);
    expect(measures.firstAttempts.direct.sum).toBe(0);
  });

  it.each([
    ['2xx', answered(204)],
    ['3xx', answered(302)],
    ['4xx', answered(410)],
    ['5xx', answered(503)],
    ['5xx', answered(799)],
    ['timeout', { kind: 'timeout', timing }],
    ['network-error', { kind: 'network-error', message: 'connect ECONNREFUSED', timing }],
  ] as const)('count an attempt that ended as %s', (result, end) => {
    const measures = new DeliveryMeasures();
    measures.ended(aDelivery('http://a.example:80'), end as SendResult, 25, result === '2xx', 0);
    expect(measures.attempts[result]).toBe(1);
    expect(Object.values(measures.attempts).reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(measures.durations.sum).toBe(0.025);
    expect(counts(measures).latency).toBe(result === '2xx' ? 1 : 0);
  });
});
