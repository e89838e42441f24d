import { isUtf8 } from 'node:buffer';
import type { AttemptOutcome, Header, Rendered } from '@ringback/callbacks';
import { packExchange, type FlatHeaders } from '../recording/exchange.js';
import type { SendResult } from './http-sender.js';

/** @returns the end of a request as the rules of retrying see it. */
export function attemptOutcome(result: SendResult, timeoutMs: number): AttemptOutcome {
  switch (result.kind) {
    case 'answered':
      return {
        kind: 'answered',
        status: result.status,
        location: result.status < 400 && result.status >= 300 ? headerOf(result.headers, 'location') : null,
        retryAfter: result.status >= 400 ? headerOf(result.headers, 'retry-after') : null,
      };
    case 'timeout':
      return { kind: 'timeout', timeoutMs };
    case 'network-error':
      return result;
  }
}

/** @param name in lower case */
function headerOf(headers: readonly string[], name: string): string | null {
  for (let index = 0; index < headers.length; index += 2) if (headers[index]!.toLowerCase() === name) return headers[index + 1]!;
  return null;
}

/**
 * Packs a request as it was sent, and what came back, as people may see them: each secret masked, where a receiver echoes it too.
 * @param maxBytes of all of it, about
 */
export function maskedExchange(
  rendered: Extract<Rendered, { ok: true }>,
  ownHeaders: readonly string[],
  result: SendResult,
  maxBytes: number,
): Buffer {
  const { masked, mask, request } = rendered;
  return packExchange(
    {
      method: request.method,
      url: masked.url,
      requestHeaders: flatHeaders(masked.headers, ownHeaders),
      requestBody: masked.body === null ? null : Buffer.from(masked.body, 'utf8'),
      response:
        result.kind === 'answered'
          ? { headers: result.headers.map(mask), body: maskBytes(result.body, mask), truncated: result.truncated }
          : null,
      timing: result.timing,
    },
    maxBytes,
  );
}

/** A loop: `flat` takes several times as long, and this is done for every attempt. */
function flatHeaders(headers: readonly Header[], ownHeaders: readonly string[]): FlatHeaders {
  const flat: string[] = [];
  for (const [name, value] of headers) flat.push(name, value);
  flat.push(...ownHeaders);
  return flat;
}

/** Masks secrets that a receiver echoes. Bytes that are not UTF-8 are read as Latin-1, so that none of them changes. */
function maskBytes(body: Buffer, mask: (text: string) => string): Buffer {
  if (body.length === 0) return body;
  const encoding = isUtf8(body) ? 'utf8' : 'latin1';
  const text = body.toString(encoding);
  const masked = mask(text);
  return masked === text ? body : Buffer.from(masked, encoding);
}
