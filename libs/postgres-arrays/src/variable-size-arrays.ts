import { arrayBuffer, HEADER_BYTES, LENGTH_BYTES, NULL_LENGTH } from './array-header.js';

/** `bytea[]` */
export function byteaArray(values: readonly (Buffer | null)[]): Buffer {
  let bytes = 0;
  for (const value of values) if (value !== null) bytes += value.length;
  const buffer = arrayBuffer(17, values.length, bytes);
  let at = HEADER_BYTES;
  for (const value of values) {
    buffer.writeInt32BE(value === null ? NULL_LENGTH : value.length, at);
    at += LENGTH_BYTES;
    if (value !== null) at += value.copy(buffer, at);
  }
  return buffer;
}

/** `text[]`. Lone surrogates become U+FFFD; PostgreSQL refuses NUL, as it always does. */
export function textArray(values: readonly (string | null)[]): Buffer {
  return stringArray(25, values);
}

/** `json[]`, of texts that are JSON. */
export function jsonArray(values: readonly (string | null)[]): Buffer {
  return stringArray(114, values);
}

function stringArray(elementType: number, values: readonly (string | null)[]): Buffer {
  let bytes = 0;
  const lengths = values.map((value) => {
    if (value === null) return NULL_LENGTH;
    const length = Buffer.byteLength(value, 'utf8');
    bytes += length;
    return length;
  });
  const buffer = arrayBuffer(elementType, values.length, bytes);
  let at = HEADER_BYTES;
  for (let index = 0; index < values.length; index++) {
    const length = lengths[index]!;
    buffer.writeInt32BE(length, at);
    at += LENGTH_BYTES;
    if (length > 0) at += write(buffer, values[index]!, at, length);
  }
  return buffer;
}

/** A call into V8 costs more than a loop over so few characters. */
const SHORT = 48;

function write(buffer: Buffer, value: string, at: number, length: number): number {
  // As many bytes as characters: all of it is ASCII.
  if (length > SHORT || length !== value.length) return buffer.write(value, at, length, 'utf8');
  for (let index = 0; index < length; index++) buffer[at + index] = value.charCodeAt(index);
  return length;
}
