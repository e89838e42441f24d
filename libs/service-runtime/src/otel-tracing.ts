import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Context, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { parseTraceparent, type Span, type SpanOptions, type Tracing } from './tracing.js';

export interface OtelTracingOptions {
  readonly endpoint: string;
  /** Of the traces begun here. */
  readonly ratio: number;
  readonly service: string;
  readonly instanceId: string;
}

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER };
/** How often spans are sent, in ms; and how many wait for it at most: what is more is dropped, never waited for. */
const SEND_EVERY_MS = 1_000;
const MAX_WAITING = 8_192;
/** A collector that hangs holds up a stop for no longer, in ms. */
const SEND_TIMEOUT_MS = 3_000;

/**
 * Spans through OpenTelemetry's SDK, sent by OTLP over HTTP. Parents are handed over as they travel, as `traceparent`, so no context has to
 * be carried along the event loop.
 */
export class OtelTracing implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;

  constructor({ endpoint, ratio, service, instanceId }: OtelTracingOptions) {
    const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, timeoutMillis: SEND_TIMEOUT_MS });
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'ringback', 'service.instance.id': instanceId }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter,
          scheduledDelayMillis: SEND_EVERY_MS,
          maxQueueSize: MAX_WAITING,
          exportTimeoutMillis: SEND_TIMEOUT_MS,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('ringback');
  }

  start(name: string, { parent, kind, attributes }: SpanOptions = {}): Span {
    const options = { ...(kind && { kind: KINDS[kind] }), ...(attributes && { attributes }) };
    const span = this.#tracer.startSpan(name, options, contextOf(parent));
    const { traceId, spanId, traceFlags } = span.spanContext();
    const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
    return {
      traceparent: `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`,
      isSampled,
      end: (more, error) => {
        if (more !== undefined) span.setAttributes(more);
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
        span.end();
      },
    };
  }

  async stop(): Promise<void> {
    await this.#provider.shutdown();
  }
}

function contextOf(traceparent: string | undefined): Context {
  const parent = parseTraceparent(traceparent);
  if (parent === null) return ROOT_CONTEXT;
  const { traceId, spanId, isSampled } = parent;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
