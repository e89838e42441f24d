/** Most bytes of an exchange that is kept of an attempt that was answered 2xx, and of any other. */
export const MAX_GOOD_EXCHANGE_BYTES = 1024;
export const MAX_BAD_EXCHANGE_BYTES = 24 * 1024;
/** Of the answer's body, and as much of an error page as anyone reads; the rest of the room is the request's. */
const MAX_ANSWER_BODY_BYTES = 16 * 1024;

/** Name, value, name, value…, as Latin-1 text. */
export type FlatHeaders = readonly string[];

/** How long each step took, in ms; null for what did not happen. */
export interface StepTiming {
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  readonly firstByteMs: number | null;
}

/** A request and its answer as they are shown: secrets are masked already. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: FlatHeaders;
  readonly requestBody: Buffer | null;
  /** Null when there was no answer. */
  readonly response: { readonly headers: FlatHeaders; readonly body: Buffer; readonly truncated: boolean } | null;
  readonly timing: StepTiming;
}

/** As it is read back: bodies may be cut, URL and headers too. `bytes` is what the whole body had. */
export interface StoredExchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: FlatHeaders;
  /** Whether URL or headers were cut. */
  readonly requestCut: boolean;
  readonly requestBody: StoredBody | null;
  readonly response: { readonly headers: FlatHeaders; readonly headersCut: boolean; readonly body: StoredBody } | null;
  /** Null where it was not kept yet when this was packed. */
  readonly timing: StepTiming | null;
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
  /** Steps in tenths of a ms; a number alone is the first byte on a connection that was kept alive. */
  t: number | null | [dns: number | null, connect: number | null, tls: number | null, firstByte: number | null];
  /** What was cut, other than bodies: 1 of the request, 2 of the answer; both are 3. */
  c?: number;
}

/**
 * Packs an exchange into at most about `maxBytes`: four bytes of the head's length, the head in JSON, the bodies as they came. What does not
 * fit is cut: the URL gets half of the room at most; of what is left each body half at least, and more where the request leaves it; then the
 * headers, those of the request first.
 */
export function packExchange({ method, url, requestHeaders, requestBody, response, timing }: Exchange, maxBytes: number): Buffer {
  const keptUrl = url.length > maxBytes / 2 ? `${url.slice(0, maxBytes / 2)}…` : url;
  let room = maxBytes - keptUrl.length;
  const requestNeed = lengthOf(requestHeaders) + (requestBody?.length ?? 0);
  const answerRoom = Math.min(MAX_ANSWER_BODY_BYTES, Math.max(room >> 1, room - requestNeed));
  const answer = response === null ? null : response.body.subarray(0, answerRoom);
  room -= answer?.length ?? 0;
  const body = requestBody === null ? null : requestBody.subarray(0, Math.max(room >> 1, room - requestNeed + requestBody.length));
  room -= body?.length ?? 0;
  const keptHeaders = fitting(requestHeaders, room);
  room -= lengthOf(keptHeaders);
  const head: Head = { m: method, u: keptUrl, q: keptHeaders, t: packedTiming(timing) };
  let cut = keptUrl === url && keptHeaders === requestHeaders ? 0 : 1;
  if (body !== null) head.b = [requestBody!.length, body.length];
  if (response !== null) {
    head.a = fitting(response.headers, room);
    head.r = [response.body.length, answer!.length, response.truncated ? 1 : 0];
    if (head.a !== response.headers) cut |= 2;
  }
  if (cut !== 0) head.c = cut;
  const json = JSON.stringify(head);
  const headEnd = 4 + Buffer.byteLength(json);
  const bodyEnd = headEnd + (body?.length ?? 0);
  const packed = Buffer.allocUnsafe(bodyEnd + (answer?.length ?? 0));
  packed.writeUInt32BE(headEnd - 4, 0);
  packed.write(json, 4);
  if (body !== null) packed.set(body, headEnd);
  if (answer !== null) packed.set(answer, bodyEnd);
  return packed;
}

export function unpackExchange(packed: Buffer): StoredExchange {
  const headEnd = 4 + packed.readUInt32BE(0);
  const head = JSON.parse(packed.toString('utf8', 4, headEnd)) as Partial<Head> & Omit<Head, 't'>;
  const bodyEnd = headEnd + (head.b?.[1] ?? 0);
  const cut = head.c ?? 0;
  return {
    method: head.m,
    url: head.u,
    requestHeaders: head.q,
    requestCut: (cut & 1) !== 0,
    requestBody: head.b ? storedBody(packed.subarray(headEnd, bodyEnd), head.b[0], false) : null,
    response:
      head.a && head.r
        ? {
            headers: head.a,
            headersCut: (cut & 2) !== 0,
            body: storedBody(packed.subarray(bodyEnd, bodyEnd + head.r[1]), head.r[0], head.r[2] === 1),
          }
        : null,
    timing: head.t === undefined ? null : unpackedTiming(head.t),
  };
}

function packedTiming({ dnsMs, connectMs, tlsMs, firstByteMs }: StepTiming): Head['t'] {
  const firstByte = tenths(firstByteMs);
  return connectMs === null ? firstByte : [tenths(dnsMs), tenths(connectMs), tenths(tlsMs), firstByte];
}

function unpackedTiming(packed: Head['t']): StepTiming {
  const [dns, connect, tls, firstByte] = Array.isArray(packed) ? packed : [null, null, null, packed];
  return { dnsMs: ms(dns), connectMs: ms(connect), tlsMs: ms(tls), firstByteMs: ms(firstByte) };
}

/** Whole numbers are written in a third of the time of fractions, and nobody reads a network's microseconds. */
function tenths(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10);
}

function ms(tenths: number | null): number | null {
  return tenths === null ? null : tenths / 10;
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
