import type { CallbackVersion } from '@ringback/contracts';
import type { CallbackConditions } from '@ringback/callbacks';
import { destinationOf, NO_DESTINATION } from './destination.js';
import { VersionHistory, type Versioned } from './version-history.js';

type IndexedVersion = CallbackConditions & Versioned;

/** What of the latest version makes the request and its retries. */
export type CallbackDefinition = Pick<
  CallbackVersion,
  'url' | 'httpType' | 'basicAuth' | 'requestParams' | 'requestHeaders' | 'retry' | 'timeoutMs' | 'signingSecrets'
>;

/**
 * A callback in the index: the conditions of every known version, and of the latest the rest too, as JSON text. Most callbacks are idle,
 * and text takes a third of the memory of the objects it stands for.
 */
export class IndexedCallback {
  readonly versions = new VersionHistory<IndexedVersion>();
  /** `scheme://host:port` of the latest version. */
  destination = NO_DESTINATION;
  /** Its deliveries wait for the earlier ones of their conversion: see `ordering`. */
  isOrdered = false;
  /** Of the deployment; null without a limit. */
  maxPerSecond: number | null = null;
  #definition = '';

  constructor(
    readonly id: number,
    readonly offerId: number,
  ) {}

  get definition(): CallbackDefinition {
    return JSON.parse(this.#definition) as CallbackDefinition;
  }

  /** @returns false when the version is known already. */
  add(version: CallbackVersion): boolean {
    const { affiliateId, goalId, conversionStatus, enabled, deletedAt, revision } = version;
    if (!this.versions.add({ version: version.version, revision, affiliateId, goalId, conversionStatus, enabled, deletedAt })) return false;
    if (this.versions.latest!.version !== version.version) return true;
    const { url, httpType, basicAuth, requestParams, requestHeaders, retry, timeoutMs, signingSecrets } = version;
    const definition: CallbackDefinition = { url, httpType, basicAuth, requestParams, requestHeaders, retry, timeoutMs, signingSecrets };
    this.#definition = JSON.stringify(definition);
    this.destination = destinationOf(url);
    this.isOrdered = version.ordering === 'conversion';
    this.maxPerSecond = version.maxPerSecond;
    return true;
  }
}
