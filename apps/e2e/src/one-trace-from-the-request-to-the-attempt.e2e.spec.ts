import { RecordingReceiver } from '@ringback/testbed';
import { eventually } from './harness/eventually.js';
import { ownSystem, type System } from './harness/system.js';

/** As OTLP's JSON has it: opentelemetry-proto, trace/v1. */
interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
  readonly status: { readonly code?: number };
}
interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** Wall clocks of two processes are read a little apart, in ns. */
const CLOCKS_NS = 5_000_000n;
const SECRET = 'never-in-a-trace';

describe('traces', () => {
  let collector: RecordingReceiver;
  let system: System;
  let offerId: number;
  let affiliateId: number;
  beforeAll(async () => {
    collector = await RecordingReceiver.start();
    system = await ownSystem({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '1' } });
    offerId = (await system.network.offer()).id;
    affiliateId = (await system.network.affiliate()).id;
    await system.network.callback(offerId, {
      affiliateId,
      url: `${system.receiver.url}/${SECRET}/{click_id}`,
      httpType: 'POST_JSON',
      requestParams: [{ name: 'token', value: SECRET, secret: true }],
      requestHeaders: [{ name: 'x-token', value: SECRET, secret: true }],
    });
  });
  afterAll(async () => {
    await system.close();
    await collector.stop();
  });

  const spans = () =>
    collector.requests
      .filter(({ path }) => path === '/v1/traces')
      .flatMap(({ body }) => (JSON.parse(body.toString('utf8')) as OtlpRequest).resourceSpans)
      .flatMap(({ resource, scopeSpans }) => {
        const service = resource.attributes.find(({ key }) => key === 'service.name')!.value.stringValue;
        return scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service })));
      });
  const topic = () => `${system.platform.topicPrefix}conversions.events`;

  /** The chain of a trace from its root on, once all of it has come; nothing but a chain. */
  async function chain(rootName: string): Promise<string[]> {
    return eventually(() => {
      const root = spans().find(({ name }) => name === rootName)!;
      const trace = spans().filter(({ traceId }) => traceId === root.traceId);
      const childrenOf = (parent: OtlpSpan) => trace.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
      const found: string[] = [];
      for (let at = root; ;) {
        found.push(`${at.service}: ${at.name}`);
        const [child, ...more] = childrenOf(at);
        expect(more).toEqual([]);
        if (child === undefined) break;
        expect(BigInt(child.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(at.startTimeUnixNano) - CLOCKS_NS);
        at = child;
      }
      expect(found).toHaveLength(trace.length);
      expect(found.at(-1)).toBe('dispatcher-service: attempt');
      return found;
    });
  }

  it('one conversion, and a change of its status, are one trace each: API, recording, outbox and Kafka, match, attempt', async () => {
    const { network, receiver } = system;
    const { id } = await network.convert({ offerId, affiliateId, clickId: SECRET });
    const wayOf = (route: string): string[] => [
      `gateway: ${route}`,
      `conversions-service: ${route}`,
      `conversions-service: ${topic()} publish`,
      'dispatcher-service: match',
      'dispatcher-service: attempt',
    ];
    expect(await chain('POST /v1/conversions')).toEqual(wayOf('POST /v1/conversions'));
    await network.call(`/v1/conversions/${id}/status`, { method: 'PUT', body: { status: 'rejected' } });
    await network.call(`/v1/conversions/${id}/status`, { method: 'PUT', body: { status: 'done' } });
    await system.settled();
    expect(receiver.requests.length).toBeGreaterThan(0);
    // A third party hears nothing of our traces.
    for (const { headers } of receiver.requests) expect(headers).not.toHaveProperty('traceparent');
  });

  it('the event that is rebuilt from the ledger is the one on Kafka, but for the trace', async () => {
    const { network } = system;
    const { id } = await network.convert({ offerId, affiliateId });
    await system.settled();
    const records = await system.readAll({ name: 'conversions.events', partitions: 12, config: {} });
    const published = records.map(({ value }) => JSON.parse(value!.toString('utf8')) as Record<string, unknown>);
    const event = published.find(({ subject }) => subject === id)!;
    expect(event['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    const conversions = await system.direct('conversions-service');
    const rebuilt = await conversions.call(`/v1/events/${String(event['id'])}`);
    const { traceparent: _, ...rest } = event;
    expect(JSON.stringify(rebuilt.body)).toBe(JSON.stringify(rest));
  });

  it('nothing that is secret, and no address, is in any span', () => {
    const said = JSON.stringify(spans());
    expect(spans().length).toBeGreaterThan(10);
    for (const word of [SECRET, system.receiver.url, system.platform.bootstrapApiKey]) expect(said).not.toContain(word);
  });
});
