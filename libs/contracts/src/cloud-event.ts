import { z } from 'zod';
import { compileCheck } from './compiled-check.js';
import { MAX_MESSAGE_BYTES } from './topics.js';
import { text } from './text.js';

/** CloudEvents 1.0 in JSON structured mode (cloudevents.io, spec §2 and the JSON event format §2). */
export interface CloudEvent<Type extends string = string, Data = unknown> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: Type;
  readonly subject?: string | undefined;
  /** When the thing happened, ISO 8601 UTC. */
  readonly time: string;
  readonly datacontenttype?: 'application/json' | undefined;
  /** CloudEvents' distributed tracing extension (W3C Trace Context): which trace the event is part of. No part of what happened. */
  readonly traceparent?: string | undefined;
  readonly data: Data;
}

/** Content type of a structured-mode message (CloudEvents JSON format §3), sent as the Kafka header `content-type`. */
export const CLOUD_EVENT_CONTENT_TYPE = 'application/cloudevents+json; charset=UTF-8';

/** The schema of one event type: the envelope with the given `data`. Unknown fields are ignored (dropped). */
export function cloudEventSchema<const Type extends string, Data extends z.ZodType>(type: Type, data: Data) {
  return z.object({
    specversion: z.literal('1.0'),
    id: text(255).min(1),
    source: text(255).min(1),
    type: z.literal(type),
    subject: text(255).optional(),
    time: z.iso.datetime({ offset: true }),
    datacontenttype: z.literal('application/json').optional(),
    traceparent: text(255).optional(),
    data,
  });
}

/** What reading a message gave: the event, or why it cannot be read (for the dead letter). */
export type Decoded<Event> = { readonly ok: true; readonly event: Event } | { readonly ok: false; readonly reason: string };

const utf8 = new TextDecoder('utf-8', { fatal: true });

function typeOf(json: unknown): string | null {
  if (typeof json !== 'object' || json === null || !('type' in json)) return null;
  return typeof json.type === 'string' ? json.type : null;
}

/** A reader of one topic: JSON bytes → one of the topic's events. Built once, called per message. Never throws. */
export function eventDecoder<Event extends CloudEvent>(schemas: {
  readonly [Type in Event['type']]: z.ZodType<Extract<Event, { type: Type }>>;
}) {
  const byType = new Map<string, z.ZodType>(Object.entries(schemas));
  const checks = new Map<string, (value: unknown) => boolean>();
  return (value: Uint8Array | null): Decoded<Event> => {
    if (value === null) return { ok: false, reason: 'no value' };
    if (value.byteLength > MAX_MESSAGE_BYTES) return { ok: false, reason: `larger than ${MAX_MESSAGE_BYTES} bytes` };
    let json: unknown;
    try {
      json = JSON.parse(utf8.decode(value));
    } catch (error) {
      return { ok: false, reason: `not JSON: ${(error as Error).message}` };
    }
    const type = typeOf(json);
    if (type === null) return { ok: false, reason: 'not a CloudEvent: type is missing' };
    const schema = byType.get(type);
    if (schema === undefined) return { ok: false, reason: `unknown event type "${type.slice(0, 100)}"` };
    let isTakenAsItIs = checks.get(type);
    if (isTakenAsItIs === undefined) checks.set(type, (isTakenAsItIs = compileCheck(schema)));
    if (isTakenAsItIs(json)) return { ok: true, event: json as Event };
    const parsed = schema.safeParse(json);
    if (!parsed.success)
      return { ok: false, reason: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') };
    return { ok: true, event: parsed.data as Event };
  };
}

/** @returns the bytes of an event, as they go to Kafka. */
export function encodeEvent(event: CloudEvent): Buffer {
  return Buffer.from(JSON.stringify(event), 'utf8');
}
