import { COUNTERS, type Tally } from './tally.js';
import { pushVarint, VarintReader } from './varint.js';

/**
 * Packs tallies: the length of the destinations in JSON, these, and then varints (ids, which destination, counters) and the two histograms
 * with their lengths. About 25 bytes a tally of one delivery; one row for a whole batch, since a row for each would cost what the log does.
 */
export function packPartial(tallies: readonly Tally[]): Buffer {
  const destinations = new Map<string, number>();
  const body: number[] = [];
  for (const { offerId, affiliateId, callbackId, destination, counters, latency, duration } of tallies) {
    let index = destinations.get(destination);
    if (index === undefined) destinations.set(destination, (index = destinations.size));
    pushVarint(body, offerId);
    pushVarint(body, affiliateId);
    pushVarint(body, callbackId);
    pushVarint(body, index);
    for (const counter of counters) pushVarint(body, counter);
    pushVarint(body, latency.length);
    for (const byte of latency) body.push(byte);
    pushVarint(body, duration.length);
    for (const byte of duration) body.push(byte);
  }
  const names = Buffer.from(JSON.stringify([...destinations.keys()]), 'utf8');
  const head: number[] = [];
  pushVarint(head, names.length);
  return Buffer.concat([Buffer.from(head), names, Buffer.from(body)]);
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
