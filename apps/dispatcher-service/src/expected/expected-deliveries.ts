import {
  deliveryId,
  type Delivery,
  type ExpectedDeliveriesAnswer,
  type ExpectedDeliveriesRequest,
  type ExpectedDelivery,
} from '@ringback/contracts';
import type pg from 'pg';
import { readKeptFrom } from '../retention/kept-days.js';
import type { EventPassing, Passing } from './event-passing.js';
import { findExpected } from './find-expected.js';
import { findSetAside } from './find-set-aside.js';

export interface ExpectedDeliveriesOptions {
  readonly pool: pg.Pool;
  readonly passing: Pick<EventPassing, 'of'>;
  /** Full name of `conversions.events`. */
  readonly topic: string;
}

type ExpectingEvent = ExpectedDeliveriesRequest['events'][number];

/** What is known of an event where a delivery of it is not found. */
interface Circumstances {
  readonly publication: ExpectingEvent['publication'];
  readonly setAside: string | undefined;
  readonly isKept: boolean;
  readonly passing: Passing;
}

/** Finds the deliveries that events of a conversion ask for, and says why one is not there. */
export class ExpectedDeliveries {
  constructor(private readonly options: ExpectedDeliveriesOptions) {}

  /** @param offerIds the offers that the caller may see; null: all */
  async read(
    conversionId: string,
    { events }: ExpectedDeliveriesRequest,
    offerIds: readonly number[] | null,
  ): Promise<ExpectedDeliveriesAnswer> {
    const { pool, passing, topic } = this.options;
    const expected = events.map((event) => ({
      event,
      recordedAtMs: Date.parse(event.recordedAt),
      ids: event.callbackIds.map((callbackId) => deliveryId(Date.parse(event.recordedAt), event.eventId, callbackId)),
    }));
    const all = expected.flatMap(({ ids }) => ids);
    let found = await findExpected(pool, all, offerIds);
    const isMissing = ({ ids }: { ids: readonly string[] }): boolean => ids.some((id) => !found.has(id));
    let passed: Passing = { kind: 'unknown' };
    let setAside: ReadonlyMap<string, string> = new Map();
    let keptFromMs = -Infinity;
    const missing = expected.filter(isMissing);
    if (missing.length > 0) {
      keptFromMs = await readKeptFrom(pool);
      if (missing.some(({ event, recordedAtMs }) => event.publication === 'published' && recordedAtMs >= keptFromMs))
        passed = await passing.of(conversionId);
      // Once more: a delivery, or a dead letter, is recorded in the transaction that moves the progress, so by now it would be there.
      found = await findExpected(pool, all, offerIds);
      setAside = await findSetAside(
        pool,
        topic,
        conversionId,
        missing.map(({ event }) => event.eventId),
      );
    }
    return {
      events: expected.map(({ event, ids, recordedAtMs }) => {
        const { publication, eventId } = event;
        const circumstances = { publication, setAside: setAside.get(eventId), isKept: recordedAtMs >= keptFromMs, passing: passed };
        return { eventId, deliveries: ids.map((id) => stateOf(id, found.get(id), circumstances)) };
      }),
    };
  }
}

function stateOf(id: string, current: Delivery | undefined, circumstances: Circumstances): ExpectedDelivery {
  if (current !== undefined) return { id, state: 'known', detail: null, current };
  return { id, ...absence(circumstances), current: null };
}

function absence({ publication, setAside, isKept, passing }: Circumstances): Pick<ExpectedDelivery, 'state' | 'detail'> {
  if (publication === 'waiting') return { state: 'notYet', detail: 'its event waits to be published: Kafka has not taken it yet' };
  if (publication === 'setAside') return { state: 'setAside', detail: 'its event cannot be published: Kafka refuses it' };
  if (setAside !== undefined) return { state: 'setAside', detail: `its event could not be worked: ${setAside}` };
  if (!isKept) return { state: 'noLongerKept', detail: 'the delivery log of that day is no longer kept' };
  switch (passing.kind) {
    case 'passed':
      return { state: 'missing', detail: 'a fault: its event was worked, and there is no delivery. Tell the operators both ids' };
    case 'behind':
      return { state: 'notYet', detail: `not worked yet: ${passing.events} events of its partition are to be worked before this is known` };
    case 'unknown':
      return { state: 'unknown', detail: 'Kafka does not answer, so that it cannot be told whether its event was worked' };
  }
}
