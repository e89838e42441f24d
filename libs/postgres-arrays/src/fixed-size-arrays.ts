import { arrayBuffer, HEADER_BYTES, LENGTH_BYTES, NULL_LENGTH } from './array-header.js';
import { ArrayValueError } from './array-value-error.js';

type Write<Value> = (buffer: Buffer, value: Value, at: number) => void;

/** By index: it is called with arrays of every kind, and for those `for … of` makes an object for each element, 1.1 KB a delivery. */
function fixedSizeArray<Value>(elementType: number, size: number, values: readonly (Value | null)[], write: Write<Value>): Buffer {
  let present = 0;
  for (let index = 0; index < values.length; index++) if (values[index] !== null) present++;
  const buffer = arrayBuffer(elementType, values.length, present * size);
  let at = HEADER_BYTES;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    buffer.writeInt32BE(value === null ? NULL_LENGTH : size, at);
    at += LENGTH_BYTES;
    if (value === null) continue;
    write(buffer, value, at);
    at += size;
  }
  return buffer;
}

function within(value: number, least: number, most: number, type: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new ArrayValueError('22003', `${value} is out of range for ${type}`);
}

/** `boolean[]` */
export function boolArray(values: readonly (boolean | null)[]): Buffer {
  return fixedSizeArray(16, 1, values, (buffer, value, at) => (buffer[at] = value ? 1 : 0));
}

/** `smallint[]`. @throws {ArrayValueError} */
export function int2Array(values: readonly (number | null)[]): Buffer {
  return fixedSizeArray(21, 2, values, (buffer, value, at) => buffer.writeInt16BE(within(value, -32_768, 32_767, 'smallint'), at));
}

/** `integer[]`. @throws {ArrayValueError} */
export function int4Array(values: readonly (number | null)[]): Buffer {
  return fixedSizeArray(23, 4, values, (buffer, value, at) =>
    buffer.writeInt32BE(within(value, -2_147_483_648, 2_147_483_647, 'integer'), at),
  );
}

/** `bigint[]`, of numbers that are exact. @throws {ArrayValueError} */
export function int8Array(values: readonly (number | null)[]): Buffer {
  return fixedSizeArray(20, 8, values, (buffer, value, at) =>
    buffer.writeBigInt64BE(BigInt(within(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 'bigint')), at),
  );
}

/** `real[]`: what is too large becomes infinite. */
export function float4Array(values: readonly (number | null)[]): Buffer {
  return fixedSizeArray(700, 4, values, (buffer, value, at) => buffer.writeFloatBE(value, at));
}

/** `double precision[]` */
export function float8Array(values: readonly (number | null)[]): Buffer {
  return fixedSizeArray(701, 8, values, (buffer, value, at) => buffer.writeDoubleBE(value, at));
}

const UUID_BYTES = 16;
/** Where the pairs of digits stand in `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` (RFC 9562 §4). */
const PAIRS = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const DASHES = [8, 13, 18, 23] as const;
const DASH = 0x2d;
/** By character code; what is no digit has bits above the byte. */
const DIGITS = Uint16Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? 0x100 : digit;
});

/** `uuid[]`, of UUIDs as RFC 9562 writes them. @throws {ArrayValueError} */
export function uuidArray(values: readonly (string | null)[]): Buffer {
  return fixedSizeArray(2950, UUID_BYTES, values, writeUuid);
}

function writeUuid(buffer: Buffer, uuid: string, at: number): void {
  let seen = uuid.length === 36 ? 0 : 0x100;
  for (const dash of DASHES) if (uuid.charCodeAt(dash) !== DASH) seen = 0x100;
  for (let index = 0; index < UUID_BYTES; index++) {
    const place = PAIRS[index]!;
    const high = DIGITS[uuid.charCodeAt(place)] ?? 0x100;
    const low = DIGITS[uuid.charCodeAt(place + 1)] ?? 0x100;
    seen |= high | low;
    buffer[at + index] = (high << 4) | low;
  }
  if (seen >= 0x100) throw new ArrayValueError('22P02', `${JSON.stringify(uuid.slice(0, 50))} is no UUID`);
}

/** 2000-01-01, from which PostgreSQL counts, in ms since the epoch. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

/** `timestamptz[]`, of ms since the epoch, down to the microsecond; of the years 1715 to 2284. @throws {ArrayValueError} */
export function timestamptzArray(values: readonly (number | null)[]): Buffer {
  return fixedSizeArray(1184, 8, values, (buffer, ms, at) => {
    const us = within(Math.round((ms - POSTGRES_EPOCH_MS) * 1000), Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 'timestamptz');
    buffer.writeBigInt64BE(BigInt(us), at);
  });
}
