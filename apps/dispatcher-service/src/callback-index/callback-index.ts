import {
  decodeConfigurationEvent,
  openKeyring,
  parseConfigurationKey,
  SealedSecretError,
  type CallbackVersion,
  type ConversionEvent,
  type Keyring,
  type KeyringVersion,
} from '@ringback/contracts';
import { IndexedCallback } from './indexed-callback.js';
import { IndexedOffer } from './indexed-offer.js';

export type Match =
  | { readonly kind: 'matched'; readonly callbacks: readonly IndexedCallback[] }
  /** What was in force when the event was recorded can no longer be told. */
  | { readonly kind: 'history-gone'; readonly detail: string };

/** A callback as it is now. */
export type Today =
  | { readonly kind: 'live'; readonly callback: IndexedCallback }
  | { readonly kind: 'disabled'; readonly callback: IndexedCallback }
  | { readonly kind: 'deleted' };

export interface ConfigurationRecord {
  readonly key: string;
  readonly value: Buffer | null;
}

export interface CallbackIndexOptions {
  readonly masterKey: Buffer;
  /** The one before it, while it is being replaced. */
  readonly previousMasterKey?: Buffer | undefined;
  /** The dispatchers gave this version up: it counts as disabled before the configuration that says so has come round. */
  readonly isGivenUp?: (callbackId: number, version: number) => boolean;
  /** A callback has a new version: what waits for it may go otherwise, or elsewhere, than before. */
  readonly onChanged?: (callbackId: number) => void;
}

/** How many revisions beyond the newest one read are remembered as read to. */
const MAX_CONFIRMED = 1_000;

/**
 * The configuration in memory: which callbacks fire for an event (versions in force at its revision), and what a callback is today.
 * Fed with every record of `offers.configurations` in order of offsets. Late repeats of a version change nothing.
 */
export class CallbackIndex {
  readonly #offers = new Map<number, IndexedOffer>();
  readonly #callbacks = new Map<number, IndexedCallback>();
  readonly #affiliates = new Map<number, { version: number; name: string }>();
  readonly #confirmed = new Set<number>();
  #keyringVersion = 0;
  #keyring: Keyring | null = null;
  #keyringFault: SealedSecretError | null = null;
  #revision = 0;

  constructor(private readonly options: CallbackIndexOptions) {}

  /** The newest revision read. Revisions first appear in order, so all before it were read too. */
  get revision(): number {
    return this.#revision;
  }

  get offerCount(): number {
    return this.#offers.size;
  }

  get callbackCount(): number {
    return this.#callbacks.size;
  }

  /** Null until the keyring was read. */
  get keyring(): Keyring | null {
    return this.#keyring;
  }

  /**
   * Why the newest keyring cannot be opened, so that secrets cannot be sent: it was wrapped by another master key, and holds data keys that no
   * older one held. Versions before the newest do not count: they may have been wrapped by a master key that was withdrawn since.
   */
  get keyringFault(): SealedSecretError | null {
    return this.#keyringFault;
  }

  /**
   * Takes in one record.
   * @returns null, or why it cannot be read; the index is then as before.
   */
  apply(record: ConfigurationRecord): string | null {
    const key = parseConfigurationKey(record.key);
    if (key === null) return `unreadable: key "${record.key.slice(0, 100)}" names no version`;
    if (record.value === null) {
      this.#drop(key.kind, key.id, key.version);
      return null;
    }
    const decoded = decodeConfigurationEvent(record.value);
    if (!decoded.ok) return `unreadable: ${decoded.reason}`;
    const { event } = decoded;
    switch (event.type) {
      case 'OfferChanged':
        this.#offer(event.data.id).addVersion(event.data);
        break;
      case 'CallbackChanged':
        this.#addCallback(event.data);
        break;
      case 'AffiliateChanged': {
        const known = this.#affiliates.get(event.data.id);
        if (known === undefined || known.version < event.data.version)
          this.#affiliates.set(event.data.id, { version: event.data.version, name: event.data.name });
        break;
      }
      case 'KeyringChanged':
        if (event.data.version > this.#keyringVersion) this.#takeKeyring(event.data);
        break;
    }
    if (event.data.revision > this.#revision) this.#revision = event.data.revision;
    return null;
  }

  /** @returns whether all that was acknowledged up to the revision was read. */
  covers(revision: number): boolean {
    return revision <= this.#revision || this.#confirmed.has(revision);
  }

  /**
   * The topic was read to an end asked for after an event of this revision arrived, so the revision was read, though no record carries it
   * any more (a deletion whose tombstones were written).
   */
  confirm(revision: number): void {
    if (this.#confirmed.size >= MAX_CONFIRMED) this.#confirmed.clear();
    this.#confirmed.add(revision);
  }

  /** Which callbacks fire for the event: a pure function of it and the configuration's history (ARCHITECTURE.md, rules of matching). */
  match(event: ConversionEvent): Match {
    const { revision, conversion } = event.data;
    const offer = this.#offers.get(conversion.offerId);
    if (offer === undefined) return NOTHING;
    if (!offer.knows(revision))
      return { kind: 'history-gone', detail: `what offer ${conversion.offerId} was at revision ${revision} is no longer known` };
    const callbacks = offer.match(event);
    return callbacks.length === 0 ? NOTHING : { kind: 'matched', callbacks };
  }

  today(callbackId: number): Today {
    const callback = this.#callbacks.get(callbackId);
    if (callback === undefined || callback.version === 0 || callback.deletedAt !== null) return { kind: 'deleted' };
    const isEnabled = callback.enabled && this.options.isGivenUp?.(callbackId, callback.version) !== true;
    return isEnabled ? { kind: 'live', callback } : { kind: 'disabled', callback };
  }

  /** @returns the ids of the offers' callbacks. Looks at every callback: for people's questions, not for events. */
  callbacksOf(offerIds: readonly number[]): number[] {
    const wanted = new Set(offerIds);
    return [...this.#callbacks.values()].flatMap(({ id, offerId }) => (wanted.has(offerId) ? [id] : []));
  }

  /** Today's names, for macros; empty where nothing is known. */
  names(offerId: number, affiliateId: number, goalId: number | null): { offer: string; affiliate: string; goal: string | null } {
    const offer = this.#offers.get(offerId);
    return {
      offer: offer?.name ?? '',
      affiliate: this.#affiliates.get(affiliateId)?.name ?? '',
      goal: goalId === null ? null : (offer?.goalNames.get(goalId) ?? ''),
    };
  }

  #takeKeyring({ version, keys }: KeyringVersion): void {
    this.#keyringVersion = version;
    this.#keyringFault = null;
    try {
      this.#keyring = openKeyring({ current: this.options.masterKey, previous: this.options.previousMasterKey }, keys);
    } catch (error) {
      if (!(error instanceof SealedSecretError)) throw error;
      // Wrapped anew by a master key that this process was not told of: the data keys are still the ones it has.
      if (!keys.every(({ id }) => this.#keyring?.has(id))) this.#keyringFault = error;
    }
  }

  #addCallback(version: CallbackVersion): void {
    const offer = this.#offer(version.offerId);
    const known = this.#callbacks.get(version.id);
    const callback = known ?? new IndexedCallback(version.id, version.offerId);
    if (known === undefined) this.#callbacks.set(version.id, callback);
    if (!callback.add(version)) return;
    offer.add(callback, version);
    if (known !== undefined && callback.version === version.version) this.options.onChanged?.(callback.id);
  }

  #drop(kind: 'offer' | 'callback' | 'affiliate' | 'keyring', id: number, version: number): void {
    if (kind === 'offer') {
      this.#offers.get(id)?.goals.remove(version);
    } else if (kind === 'callback') {
      const callback = this.#callbacks.get(id);
      if (callback === undefined) return;
      callback.remove(version);
      if (callback.version === 0) this.#callbacks.delete(id);
      this.#offer(callback.offerId).removed(callback);
    } else if (kind === 'affiliate' && this.#affiliates.get(id)?.version === version) {
      this.#affiliates.delete(id);
    }
  }

  #offer(id: number): IndexedOffer {
    let offer = this.#offers.get(id);
    if (offer === undefined) this.#offers.set(id, (offer = new IndexedOffer()));
    return offer;
  }
}

const NOTHING: Match = { kind: 'matched', callbacks: [] };
