import type { CallbackVersion, ConversionStatus } from '@ringback/contracts';
import type { CallbackConditions } from '@ringback/callbacks';
import { packDefinition, unpackDefinition, type CallbackDefinition, type PackedDefinition } from './callback-definition.js';
import { destinationOf, NO_DESTINATION } from './destination.js';
import { newestUpTo, type Versioned } from './version-history.js';

/** What decides whether a callback fires, as it was in one version. */
export type IndexedVersion = CallbackConditions & Versioned;

const NONE: readonly never[] = [];

/**
 * A callback in the index: its latest version, and the conditions of every earlier one that is known. There may be a million of them, and V8's
 * collector looks at every object: so each field counts, and nearly all callbacks, which have one version, are one object and one text.
 */
export class IndexedCallback implements IndexedVersion {
  /** 0: no version is known any more. */
  version = 0;
  revision = 0;
  affiliateId = 0;
  goalId: number | null = null;
  conversionStatus: ConversionStatus = 'pending';
  enabled = false;
  deletedAt: string | null = null;
  /** `scheme://host:port` of the latest version. */
  destination = NO_DESTINATION;
  /** Its deliveries wait for the earlier ones of their conversion: see `ordering`. */
  isOrdered = false;
  /** For a request, in all. */
  timeoutMs = 0;
  /** Of the deployment; null without a limit. */
  maxPerSecond: number | null = null;
  #shape: PackedDefinition['shape'] = '';
  #own: PackedDefinition['own'] = '';
  /** Ascending. */
  #earlier: readonly IndexedVersion[] = NONE;

  constructor(
    readonly id: number,
    readonly offerId: number,
  ) {}

  get definition(): CallbackDefinition {
    return unpackDefinition({ shape: this.#shape, own: this.#own });
  }

  get oldest(): IndexedVersion {
    return this.#earlier[0] ?? this;
  }

  /** Ascending, down to none. */
  *versions(): Generator<IndexedVersion> {
    yield* this.#earlier;
    if (this.version !== 0) yield this;
  }

  /** @returns the version in force at a revision: the newest that is not newer; undefined before the first known one. */
  at(revision: number): IndexedVersion | undefined {
    if (this.version !== 0 && this.revision <= revision) return this;
    return newestUpTo(this.#earlier, revision);
  }

  /** @returns false when the version is known already: a late repeat, which changes nothing. */
  add(version: CallbackVersion): boolean {
    if (version.version === this.version || this.#earlier.some((known) => known.version === version.version)) return false;
    if (version.version < this.version) {
      this.#earlier = [...this.#earlier, conditionsOf(version)].sort((one, other) => one.version - other.version);
      return true;
    }
    if (this.version !== 0) this.#earlier = [...this.#earlier, conditionsOf(this)];
    this.#become(version);
    const { shape, own } = packDefinition(version);
    this.#shape = shape;
    this.#own = own;
    this.destination = destinationOf(version.url);
    this.isOrdered = version.ordering === 'conversion';
    this.timeoutMs = version.timeoutMs;
    this.maxPerSecond = version.maxPerSecond;
    return true;
  }

  remove(version: number): void {
    if (version !== this.version) {
      this.#earlier = this.#earlier.filter((known) => known.version !== version);
      return;
    }
    const before = this.#earlier.at(-1);
    this.#earlier = this.#earlier.slice(0, -1);
    if (before === undefined) this.version = 0;
    else this.#become(before);
  }

  #become(version: IndexedVersion): void {
    this.version = version.version;
    this.revision = version.revision;
    this.affiliateId = version.affiliateId;
    this.goalId = version.goalId;
    this.conversionStatus = version.conversionStatus;
    this.enabled = version.enabled;
    this.deletedAt = version.deletedAt;
  }
}

function conditionsOf({ version, revision, affiliateId, goalId, conversionStatus, enabled, deletedAt }: IndexedVersion): IndexedVersion {
  return { version, revision, affiliateId, goalId, conversionStatus, enabled, deletedAt };
}
