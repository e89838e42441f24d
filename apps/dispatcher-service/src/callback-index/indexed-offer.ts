import type { ConversionEvent, ConversionStatus, OfferVersion } from '@ringback/contracts';
import { conditionsMatch } from '@ringback/callbacks';
import type { IndexedCallback } from './indexed-callback.js';
import { VersionHistory, type Versioned } from './version-history.js';

interface OfferGoals extends Versioned {
  readonly goalsEnabled: boolean;
}

/** Below so many callbacks it is quicker to look at each. */
const WORTH_SORTING = 16;
const NO_GOAL = 0;
const NO_GOALS: ReadonlyMap<number, string> = new Map();

/** Callbacks of one offer that some known version makes candidates for one affiliate and status. */
class Candidates {
  readonly all: IndexedCallback[];
  #byGoal: Map<number, IndexedCallback[]> | null = null;

  constructor(
    private readonly key: number,
    ...all: IndexedCallback[]
  ) {
    this.all = all;
  }

  changed(): void {
    this.#byGoal = null;
  }

  /** @returns those that some known version makes candidates for the goal. */
  ofGoal(goal: number): readonly IndexedCallback[] {
    this.#byGoal ??= this.#sort();
    return this.#byGoal.get(goal) ?? [];
  }

  #sort(): Map<number, IndexedCallback[]> {
    const byGoal = new Map<number, IndexedCallback[]>();
    for (const callback of this.all) {
      const goals = new Set<number>();
      for (const version of callback.versions()) if (keyOf(version) === this.key) goals.add(version.goalId ?? NO_GOAL);
      for (const goal of goals) {
        const sorted = byGoal.get(goal);
        if (sorted === undefined) byGoal.set(goal, [callback]);
        else sorted.push(callback);
      }
    }
    return byGoal;
  }
}

/** An offer in the index, and its callbacks by what they wait for: an event looks at those that may fire, however many there are. */
export class IndexedOffer {
  readonly goals = new VersionHistory<OfferGoals>();
  /** Of the latest version. */
  name = '';
  goalNames: ReadonlyMap<number, string> = NO_GOALS;
  /** Nearly every affiliate has one callback per status, so it is kept without anything around it. */
  readonly #candidates = new Map<number, IndexedCallback | Candidates>();
  /** Before this revision, what some callback was is no longer known: its first versions are gone. Null: to be found anew. */
  #lostBefore: number | null = 0;

  /** @returns whether every callback's version in force at the revision is known. */
  knows(revision: number): boolean {
    this.#lostBefore ??= this.#findLost();
    return revision >= this.#lostBefore && !this.goals.hasLost(revision);
  }

  /** Takes in a version of the offer itself; one that is known already changes nothing. */
  addVersion({ version, revision, goalsEnabled, name, goals }: OfferVersion): void {
    if (!this.goals.add({ goalsEnabled, revision, version })) return;
    if (this.goals.latest!.version !== version) return;
    this.name = name;
    this.goalNames = goals.length === 0 ? NO_GOALS : new Map(goals.map((goal) => [goal.id, goal.name]));
  }

  /** A version of the callback was added. */
  add(callback: IndexedCallback, version: Conditions): void {
    const key = keyOf(version);
    const known = this.#candidates.get(key);
    if (known === undefined) this.#candidates.set(key, callback);
    else if (known instanceof Candidates) {
      if (!known.all.includes(callback)) known.all.push(callback);
      known.changed();
    } else if (known !== callback) this.#candidates.set(key, new Candidates(key, known, callback));
    if (callback.oldest.version !== 1 || this.#lostBefore !== 0) this.#lostBefore = null;
  }

  /** A version of the callback was removed. */
  removed(callback: IndexedCallback): void {
    const needed = new Set(Array.from(callback.versions(), keyOf));
    for (const [key, known] of this.#candidates) {
      if (needed.has(key)) continue;
      if (known === callback) this.#candidates.delete(key);
      else if (known instanceof Candidates) {
        const index = known.all.indexOf(callback);
        if (index !== -1) known.all.splice(index, 1);
        known.changed();
      }
    }
    this.#lostBefore = null;
  }

  /** @returns the callbacks that fire for the event: see `conditionsMatch`. */
  match(event: ConversionEvent): readonly IndexedCallback[] {
    const { revision, conversion } = event.data;
    const candidates = this.#candidates.get(keyOf({ affiliateId: conversion.affiliateId, conversionStatus: conversion.status }));
    if (candidates === undefined) return NOTHING;
    const goalsEnabled = this.goals.at(revision)?.goalsEnabled ?? false;
    const fires = (callback: IndexedCallback): boolean => {
      const version = callback.at(revision);
      return version !== undefined && conditionsMatch(version, event, goalsEnabled);
    };
    if (!(candidates instanceof Candidates)) return fires(candidates) ? [candidates] : NOTHING;
    if (!goalsEnabled || candidates.all.length < WORTH_SORTING) return candidates.all.filter(fires);
    // By the goal of the version in force, so that a callback whose goal was changed is not found twice.
    const firing = (goal: number) =>
      candidates.ofGoal(goal).filter((callback) => (callback.at(revision)?.goalId ?? NO_GOAL) === goal && fires(callback));
    return conversion.goalId === null ? firing(NO_GOAL) : [...firing(NO_GOAL), ...firing(conversion.goalId)];
  }

  #findLost(): number {
    let lostBefore = 0;
    for (const known of this.#candidates.values())
      for (const callback of known instanceof Candidates ? known.all : [known]) lostBefore = Math.max(lostBefore, knownFrom(callback));
    return lostBefore;
  }
}

const NOTHING: readonly IndexedCallback[] = [];

interface Conditions {
  readonly affiliateId: number;
  readonly conversionStatus: ConversionStatus;
}

const STATUS: Readonly<Record<ConversionStatus, number>> = { pending: 0, done: 1, rejected: 2 };

/** @returns affiliate and status as one number. */
function keyOf({ affiliateId, conversionStatus }: Conditions): number {
  return affiliateId * 4 + STATUS[conversionStatus];
}

/** @returns the revision from which on it is known what the callback was; 0 when nothing is lost. */
function knownFrom({ oldest }: IndexedCallback): number {
  return oldest.version <= 1 ? 0 : oldest.revision;
}
