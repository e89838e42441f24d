import type { Span } from '@ringback/service-runtime';
import type { LedgerContext } from './ledger-context.js';

/** How long an event may wait for Kafka until its span ends without it, in ms. */
const LONGEST_MS = 30_000;

/**
 * Begins the span of an event's way through the outbox into Kafka: the parent of all that happens to it later.
 * @param parent `traceparent` of the request; undefined where nothing is traced
 * @returns undefined where the trace is not kept: then the event carries nothing either
 */
export function publishSpan({ tracing, topics }: LedgerContext, parent: string | undefined): Span | undefined {
  if (parent === undefined) return undefined;
  const span = tracing?.start(`${topics.events} publish`, { kind: 'producer', parent, attributes: { 'messaging.system': 'kafka' } });
  return span?.isSampled === true ? span : undefined;
}

/** Ends it once the event is in Kafka, or at once where there is none. @param outboxId of the last row of the transaction */
export function endPublished({ relay }: LedgerContext, span: Span | undefined, outboxId: number | undefined): void {
  if (span === undefined) return;
  if (outboxId === undefined || relay.waitUntilPublished === undefined) return span.end();
  void relay
    .waitUntilPublished(outboxId, LONGEST_MS)
    .then((isPublished) => span.end({ 'ringback.outbox_id': outboxId }, isPublished ? undefined : 'not in Kafka yet'));
}
