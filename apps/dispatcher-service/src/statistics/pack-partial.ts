import { COUNTERS, type Tally, type TallyKey } from './tally.js';
import { VarintReader } from './varint.js';

/** A tally on its way into bytes. */
export interface PackableTally extends TallyKey {
  readonly counters: readonly number[];
  readonly latency: ArrayLike<number>;
  readonly duration: ArrayLike<number>;
}

/** Of a tally beside its histograms: 15 varints of at most five bytes (ids and counts below 2^31) each. */
const MAX_TALLY_BYTES = 15 * 5;

/** Written anew by each packing: a batch is packed ten thousand times a minute. */
let scratch = new Uint8Array(64 * 1024);
let end = 0;

/**
 * Packs tallies: the length of the destinations in JSON, these, and then varints (ids, which destination, counters) and the two histograms
 * with their lengths. About 25 bytes a tally of one delivery; one row for a whole batch, since a row for each would cost what the log does.
 */
export function packPartial(tallies: readonly PackableTally[]): Buffer {
  const destinations = new Map<string, number>();
  end = 0;
  for (const { offerId, affiliateId, callbackId, destination, counters, latency, duration } of tallies) {
    let index = destinations.get(destination);
    if (index === undefined) destinations.set(destination, (index = destinations.size));
    makeRoom(MAX_TALLY_BYTES + latency.length + duration.length);
    writeVarint(offerId);
    writeVarint(affiliateId);
    writeVarint(callbackId);
    writeVarint(index);
    for (let counter = 0; counter < COUNTERS.length; counter++) writeVarint(counters[counter]!);
    writeBytes(latency);
    writeBytes(duration);
  }
  const bodyEnd = end;
  const names = Buffer.from(JSON.stringify([...destinations.keys()]), 'utf8');
  makeRoom(MAX_TALLY_BYTES);
  writeVarint(names.length);
  return Buffer.concat([scratch.subarray(bodyEnd, end), names, scratch.subarray(0, bodyEnd)]);
}

/** @returns the tallies; their histograms lie in the given bytes. @throws {RangeError | SyntaxError} for bytes of anything else */
export function* unpackPartial(packed: Uint8Array): Generator<Tally> {
  const reader = new VarintReader(packed);
  const destinations = JSON.parse(Buffer.from(reader.take(reader.next())).toString('utf8')) as string[];
  while (!reader.isAtEnd) {
    const offerId = reader.next();
    const affiliateId = reader.next();
    const callbackId = reader.next();
    const destination = destinations[reader.next()]!;
    const counters = COUNTERS.map(() => reader.next());
    const latency = reader.take(reader.next());
    const duration = reader.take(reader.next());
    yield { offerId, affiliateId, callbackId, destination, counters, latency, duration };
  }
}

function makeRoom(bytes: number): void {
  if (end + bytes <= scratch.length) return;
  const wider = new Uint8Array(2 * (end + bytes));
  wider.set(scratch);
  scratch = wider;
}

/** As `pushVarint`. */
function writeVarint(value: number): void {
  let left = value;
  while (left >= 0x80) {
    scratch[end++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  scratch[end++] = left;
}

function writeBytes(bytes: ArrayLike<number>): void {
  writeVarint(bytes.length);
  for (let index = 0; index < bytes.length; index++) scratch[end++] = bytes[index]!;
}
