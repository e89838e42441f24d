import { randomBytes } from 'node:crypto';
import { renderRequest, type Rendered, type RenderContext } from '@ringback/callbacks';
import type { ReadyCallback } from '../callback-index/compiled-callbacks.js';
import type { OutgoingRequest } from './http-sender.js';
import { webhookSignature } from './sign-request.js';

/** One request, rendered once: the bytes that are signed are the bytes that are sent. */
export interface PreparedRequest {
  readonly ok: true;
  readonly outgoing: OutgoingRequest;
  /** What people may see of it, and how to mask what comes back. */
  readonly rendered: Extract<Rendered, { ok: true }>;
  /** Name, value, name, value…: what is sent beside the callback's own headers. */
  readonly ownHeaders: readonly string[];
}

/**
 * Makes a callback's request: rendered with its configuration, `webhook-id` (the context's delivery id), `webhook-timestamp`, `User-Agent`
 * unless the callback has its own, and `webhook-signature` when it has a signing secret.
 *
 * @returns the request, or which field cannot be rendered and why
 */
export function prepareRequest(
  callback: ReadyCallback,
  context: RenderContext,
  userAgent: string,
): PreparedRequest | Extract<Rendered, { ok: false }> {
  const rendered = renderRequest(callback.request, context);
  if (!rendered.ok) return rendered;
  const { request } = rendered;
  const headers: string[] = [];
  let hasUserAgent = false;
  for (const [name, value] of request.headers) {
    headers.push(name, value);
    hasUserAgent ||= name.length === 10 && name.toLowerCase() === 'user-agent';
  }
  const body = request.body === null ? null : Buffer.from(request.body, 'utf8');
  const timestamp = String(Math.floor(context.sentAtMs / 1000));
  const ownHeaders = ['webhook-id', context.deliveryId, 'webhook-timestamp', timestamp];
  if (callback.signingKeys.length > 0)
    ownHeaders.push('webhook-signature', webhookSignature(callback.signingKeys, context.deliveryId, timestamp, body));
  if (!hasUserAgent) ownHeaders.push('User-Agent', userAgent);
  headers.push(...ownHeaders);
  return {
    ok: true,
    outgoing: { origin: request.destination, path: request.target, method: request.method, headers, body, timeoutMs: callback.timeoutMs },
    rendered,
    ownHeaders,
  };
}

/** A fresh value for each `{random}`. */
export function randomHex(): string {
  return randomBytes(8).toString('hex');
}
