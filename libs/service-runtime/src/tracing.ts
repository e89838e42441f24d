import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';

/** Read by every service. Not set: no traces, and nothing of OpenTelemetry is loaded. */
export const tracingConfigShape = {
  /** Of a collector that takes OTLP over HTTP, e.g. `http://127.0.0.1:4318`; `/v1/traces` is added. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/, message: 'must be a URL such as http://127.0.0.1:4318' }).optional(),
  /** Share of the traces that are begun here and kept, from 0 to 1. What was begun elsewhere goes on as it was decided there. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(0.1),
};

export type TracingSettings = z.infer<z.ZodObject<typeof tracingConfigShape>>;

/** Ids, numbers and names only: whatever may be secret or personal (URLs, bodies, header values) has no place in a trace. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** W3C `traceparent` of what this is part of; absent, or unreadable: a new trace is begun. */
  readonly parent?: string | undefined;
  readonly kind?: 'server' | 'client' | 'producer' | 'consumer';
  readonly attributes?: SpanAttributes;
}

/** One step of a trace, under way. */
export interface Span {
  /** For what is part of it; it tells whether it is kept too. */
  readonly traceparent: string;
  readonly isSampled: boolean;
  /** @param error what went wrong, with nothing secret in it */
  end(attributes?: SpanAttributes, error?: string): void;
}

export interface Tracing {
  /** @returns null where nothing is traced */
  start(name: string, options?: SpanOptions): Span | null;
  /** Sends what is left to the collector. */
  stop(): Promise<void>;
}

export const NO_TRACING: Tracing = { start: () => null, stop: async () => undefined };

/** @returns what the settings ask for; with no endpoint, nothing. */
export async function startTracing(settings: TracingSettings, service: string, instanceId: string): Promise<Tracing> {
  const endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return NO_TRACING;
  const { OtelTracing } = await import('./otel-tracing.js');
  return new OtelTracing({ endpoint, ratio: settings.OTEL_TRACES_SAMPLER_ARG, service, instanceId });
}

/** https://www.w3.org/TR/trace-context/#traceparent-header-field-values, version 00. */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** @returns its parts, or null when it cannot be read, or is all zeros. */
export function parseTraceparent(text: string | undefined): { traceId: string; spanId: string; isSampled: boolean } | null {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags!, 16) & 1) === 1 };
}

const spans = new WeakMap<object, Span>();

/** @returns the `traceparent` of the request's own span, or undefined where nothing is traced. */
export function traceparentOf(request: FastifyRequest): string | undefined {
  return spans.get(request)?.traceparent;
}

/** {@link traceparentOf} the request that a handler answers. */
export const CurrentTraceparent = createParamDecorator((_: unknown, context: ExecutionContext) =>
  traceparentOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** Makes every request but those of probes and scrapers a span. */
export function traceRequests(fastify: Pick<FastifyInstance, 'addHook'>, tracing: Tracing): void {
  fastify.addHook('onRequest', async (request) => {
    const route = request.routeOptions.url ?? '';
    if (!route.startsWith('/v1/')) return;
    const { traceparent } = request.headers;
    const span = tracing.start(`${request.method} ${route}`, {
      kind: 'server',
      parent: typeof traceparent === 'string' ? traceparent : undefined,
      attributes: { 'http.request.method': request.method, 'http.route': route, 'ringback.request_id': request.id },
    });
    if (span !== null) spans.set(request, span);
  });
  fastify.addHook('onResponse', async (request, { statusCode }) => {
    spans.get(request)?.end({ 'http.response.status_code': statusCode }, statusCode >= 500 ? `answered ${statusCode}` : undefined);
  });
}
