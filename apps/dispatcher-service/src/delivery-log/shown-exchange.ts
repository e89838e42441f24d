import { isUtf8 } from 'node:buffer';
import type { DeliveryAttempt } from '@ringback/contracts';
import { unpackExchange, type FlatHeaders, type StoredBody, type StoredExchange } from '../recording/exchange.js';
import { curlCommand } from './curl-command.js';

type Shown = Pick<DeliveryAttempt, 'request' | 'response' | 'timing'>;
type Request = NonNullable<Shown['request']>;
type Body = NonNullable<Request['body']>;

/** @returns a stored exchange as the API shows it. */
export function shownExchange(packed: Buffer, totalMs: number): Shown {
  const stored = unpackExchange(packed);
  const { response, timing } = stored;
  return {
    timing: timing === null ? null : { ...timing, totalMs: shownMs(totalMs) },
    request: shownRequest(stored),
    response:
      response === null
        ? null
        : {
            headers: paired(response.headers, utf8OrLatin1),
            body: response.body.bytes === 0 ? null : shownBody(response.body),
            truncated: response.headersCut,
          },
  };
}

/** To a tenth: what is beyond it is noise. */
export function shownMs(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function shownRequest({ method, url, requestHeaders, requestBody, requestCut }: StoredExchange): Request {
  const headers = paired(requestHeaders, (value) => value);
  const isWhole = !requestCut && requestBody?.truncated !== true;
  return {
    method,
    url,
    headers,
    body: requestBody === null ? null : shownBody(requestBody),
    truncated: requestCut,
    curl: isWhole ? curlCommand({ method, url, headers, body: requestBody?.kept ?? null }) : null,
  };
}

/** Text where it is UTF-8 (a character that was cut through at the end is left out), else base64. */
function shownBody({ kept, bytes, truncated }: StoredBody): Body {
  const whole = truncated ? withoutCutCharacter(kept) : kept;
  return isUtf8(whole) ? { text: whole.toString('utf8'), bytes, truncated } : { base64: kept.toString('base64'), bytes, truncated };
}

function withoutCutCharacter(kept: Buffer): Buffer {
  for (let cut = 0; cut < 4 && cut < kept.length; cut++) {
    const shorter = kept.subarray(0, kept.length - cut);
    if (isUtf8(shorter)) return shorter;
  }
  return kept;
}

function paired(flat: FlatHeaders, text: (value: string) => string): Request['headers'] {
  return Array.from({ length: flat.length / 2 }, (_, index) => ({ name: flat[2 * index]!, value: text(flat[2 * index + 1]!) }));
}

function utf8OrLatin1(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}
