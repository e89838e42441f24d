/** Most bytes of an exchange that is kept of an attempt that was answered 2xx, and of any other. */
export const MAX_GOOD_EXCHANGE_BYTES = 1024;
export const MAX_BAD_EXCHANGE_BYTES = 16 * 1024;

/** Name, value, name, value…, as Latin-1 text. */
export type FlatHeaders = readonly string[];

/** A request and its answer as they are shown: secrets are masked already. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: FlatHeaders;
  readonly requestBody: Buffer | null;
  /** Null when there was no answer. */
  readonly response: { readonly headers: FlatHeaders; readonly body: Buffer; readonly truncated: boolean } | null;
}

/** As it is read back: bodies may be cut, headers too. `bytes` is what the whole body had. */
export interface StoredExchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: FlatHeaders;
  readonly requestBody: StoredBody | null;
  readonly response: { readonly headers: FlatHeaders; readonly body: StoredBody } | null;
}
export interface StoredBody {
  readonly kept: Buffer;
  readonly bytes: number;
  readonly truncated: boolean;
}

/** What stands before the bodies. Short names: it is written for every delivery. */
interface Head {
  m: string;
  u: string;
  q: FlatHeaders;
  /** Bytes of the request's body: of all of it, and kept. */
  b?: [all: number, kept: number];
  a?: FlatHeaders;
  /** Bytes of the answer's body: of what was read, and kept; `cut` when the answer itself was cut off. */
  r?: [all: number, kept: number, cut: 0 | 1];
}

/**
 * Packs an exchange into at most about `maxBytes`: four bytes of the head's length, the head in JSON, the bodies as they came. The URL
 * gets half of the room at most, then the answer's body, the request's body, the headers.
 */
export function packExchange(exchange: Exchange, maxBytes: number): Buffer {
  let room = maxBytes;
  const url = exchange.url.length > maxBytes / 2 ? `${exchange.url.slice(0, maxBytes / 2)}…` : exchange.url;
  room -= url.length;
  const answer = exchange.response === null ? null : exchange.response.body.subarray(0, Math.max(0, room >> 1));
  room -= answer?.length ?? 0;
  const body = exchange.requestBody === null ? null : exchange.requestBody.subarray(0, Math.max(0, room >> 1));
  room -= body?.length ?? 0;
  const requestHeaders = fitting(exchange.requestHeaders, room);
  room -= lengthOf(requestHeaders);
  const head: Head = { m: exchange.method, u: url, q: requestHeaders };
  if (body !== null) head.b = [exchange.requestBody!.length, body.length];
  if (exchange.response !== null) {
    head.a = fitting(exchange.response.headers, room);
    head.r = [exchange.response.body.length, answer!.length, exchange.response.truncated ? 1 : 0];
  }
  const json = Buffer.from(JSON.stringify(head), 'utf8');
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(json.length, 0);
  return Buffer.concat([length, json, ...(body === null ? [] : [body]), ...(answer === null ? [] : [answer])]);
}

export function unpackExchange(packed: Buffer): StoredExchange {
  const headEnd = 4 + packed.readUInt32BE(0);
  const head = JSON.parse(packed.toString('utf8', 4, headEnd)) as Head;
  const bodyEnd = headEnd + (head.b?.[1] ?? 0);
  return {
    method: head.m,
    url: head.u,
    requestHeaders: head.q,
    requestBody: head.b ? storedBody(packed.subarray(headEnd, bodyEnd), head.b[0], false) : null,
    response:
      head.a && head.r
        ? { headers: head.a, body: storedBody(packed.subarray(bodyEnd, bodyEnd + head.r[1]), head.r[0], head.r[2] === 1) }
        : null,
  };
}

function storedBody(kept: Buffer, bytes: number, cut: boolean): StoredBody {
  return { kept, bytes, truncated: cut || kept.length < bytes };
}

/** @returns the first headers that fit into `room` characters. */
function fitting(headers: FlatHeaders, room: number): FlatHeaders {
  if (lengthOf(headers) <= room) return headers;
  let left = room;
  let count = 0;
  while (count < headers.length && (left -= headers[count]!.length + headers[count + 1]!.length) >= 0) count += 2;
  return headers.slice(0, count);
}

function lengthOf(headers: FlatHeaders): number {
  let length = 0;
  for (const part of headers) length += part.length;
  return length;
}
