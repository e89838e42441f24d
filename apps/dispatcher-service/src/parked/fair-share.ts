import type { CallbackIndex } from '../callback-index/callback-index.js';
import type { Holds } from '../delivery/holds.js';
import type { Lanes } from '../delivery/lanes.js';
import type { RateLimits } from '../delivery/rate-limits.js';
import type { DueQueue } from './claim-due.js';
import type { Drains } from './drains.js';
import type { InHand } from './in-hand.js';

/** For a callback with a limit of its rate, as much is claimed as may go within this time, in ms. */
const RATE_AHEAD_MS = 500;

export interface FairShareOptions {
  readonly index: CallbackIndex;
  readonly lanes: Lanes;
  readonly holds: Holds;
  readonly rates: RateLimits;
  readonly drains: Drains;
}

/** Whom a claim passes over. */
export interface Excluded {
  readonly busyDestinations: readonly string[];
  readonly busyCallbacks: readonly number[];
  readonly drainedDestinations: readonly string[];
  /** Something may wait for a destination that has enough in hand: there will be room when one of its deliveries ends. */
  readonly lacksRoom: boolean;
  /** Something may wait for a limit of its rate only: time will tell. */
  readonly lacksRate: boolean;
}

/** Who may have how much of the next claim. */
export class FairShare {
  constructor(
    private readonly options: FairShareOptions,
    private readonly inHand: InHand,
  ) {}

  exclude(): Excluded {
    const { holds, rates, drains } = this.options;
    const full = this.inHand.fullDestinations();
    const drainedDestinations = drains.exhausted();
    const limited = [...rates.callbackIds].filter((callbackId) => this.#rateRoom(callbackId) <= 0);
    return {
      // What is broken is in PostgreSQL too, but for what was found broken only just now.
      busyDestinations: [...full, ...holds.destinationBreakers.keys()],
      busyCallbacks: [...limited, ...holds.callbackBreakers.keys()],
      drainedDestinations,
      lacksRoom: full.length > 0,
      lacksRate: drainedDestinations.length > 0 || limited.length > 0,
    };
  }

  /** An equal share of the room for each callback, and of what its destination may have in hand. A disabled callback's queue is held. */
  of(queues: readonly DueQueue[]): (number | 'hold')[] {
    const { drains, index } = this.options;
    const callbacksOf = new Map<string, number>();
    const leftToDrain = new Map<string, number>();
    for (const { destination } of queues) callbacksOf.set(destination, (callbacksOf.get(destination) ?? 0) + 1);
    const equal = Math.max(1, Math.floor(this.inHand.room / queues.length));
    return queues.map(({ callbackId, destination, draining }) => {
      if (index.today(callbackId).kind === 'disabled') return 'hold';
      const ofDestination = Math.max(1, Math.floor(this.inHand.roomFor(destination) / callbacksOf.get(destination)!));
      const share = Math.min(equal, ofDestination, Math.max(0, this.#rateRoom(callbackId)));
      if (!draining) return share;
      const left = leftToDrain.get(destination) ?? drains.available(destination);
      const drained = Math.min(share, left);
      leftToDrain.set(destination, left - drained);
      return drained;
    });
  }

  #rateRoom(callbackId: number): number {
    const { rates, index, lanes } = this.options;
    const today = index.today(callbackId);
    if (today.kind !== 'live' || today.callback.maxPerSecond === null) return Infinity;
    return rates.room(callbackId, lanes.waitingOf(today.callback.destination, callbackId), RATE_AHEAD_MS);
  }
}
