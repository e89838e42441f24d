import type { CallbackVersion } from '@ringback/contracts';
import type { CallbackConditions } from '@ringback/callbacks';
import { packDefinition, unpackDefinition, type CallbackDefinition, type PackedDefinition } from './callback-definition.js';
import { destinationOf, NO_DESTINATION } from './destination.js';
import { VersionHistory, type Versioned } from './version-history.js';

type IndexedVersion = CallbackConditions & Versioned;

/**
 * A callback in the index: the conditions of every known version, and of the latest the rest too. There may be a million of them, so each
 * field counts.
 */
export class IndexedCallback {
  readonly versions = new VersionHistory<IndexedVersion>();
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

  constructor(
    readonly id: number,
    readonly offerId: number,
  ) {}

  get definition(): CallbackDefinition {
    return unpackDefinition({ shape: this.#shape, own: this.#own });
  }

  /** @returns false when the version is known already. */
  add(version: CallbackVersion): boolean {
    const { affiliateId, goalId, conversionStatus, enabled, deletedAt, revision } = version;
    if (!this.versions.add({ version: version.version, revision, affiliateId, goalId, conversionStatus, enabled, deletedAt })) return false;
    if (this.versions.latest!.version !== version.version) return true;
    const { shape, own } = packDefinition(version);
    this.#shape = shape;
    this.#own = own;
    this.destination = destinationOf(version.url);
    this.isOrdered = version.ordering === 'conversion';
    this.timeoutMs = version.timeoutMs;
    this.maxPerSecond = version.maxPerSecond;
    return true;
  }
}
