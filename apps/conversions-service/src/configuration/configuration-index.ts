import {
  configurationKey,
  decodeConfigurationEvent,
  parseConfigurationKey,
  type ConfigurationKey,
  type OfferStatus,
  type OfferVersion,
} from '@ringback/contracts';

export interface KnownOffer {
  readonly version: number;
  readonly status: OfferStatus;
  /** Goal id → whether it is archived. */
  readonly goals: ReadonlyMap<number, boolean>;
}

/**
 * The offers and affiliates that can take a conversion, from the records of `offers.configurations` in their order, and the newest
 * revision among all records read. In memory; no I/O.
 */
export class ConfigurationIndex {
  readonly #offers = new Map<number, KnownOffer>();
  /** Affiliate id → its newest version. */
  readonly #affiliates = new Map<number, number>();
  #revision = 0;

  /** The newest revision read; 0 before the first record. */
  get revision(): number {
    return this.#revision;
  }

  offer(id: number): KnownOffer | undefined {
    return this.#offers.get(id);
  }

  hasAffiliate(id: number): boolean {
    return this.#affiliates.has(id);
  }

  /**
   * Takes one record. A version that is already known, or older, changes nothing: late repeats are allowed.
   * @returns why the record cannot be read, or null.
   */
  apply(key: string, value: Uint8Array | null): string | null {
    const named = parseConfigurationKey(key);
    if (named === null) return `unknown key "${key.slice(0, 100)}"`;
    if (value === null) {
      this.#drop(named);
      return null;
    }
    const decoded = decodeConfigurationEvent(value);
    if (!decoded.ok) return decoded.reason;
    const { event } = decoded;
    if (configurationKey(event) !== key) return `key "${key}" does not match its record "${configurationKey(event)}"`;
    this.#revision = Math.max(this.#revision, event.data.revision);
    if (event.type === 'OfferChanged') this.#applyOffer(event.data);
    if (event.type === 'AffiliateChanged') {
      const known = this.#affiliates.get(event.data.id) ?? 0;
      if (event.data.version > known) this.#affiliates.set(event.data.id, event.data.version);
    }
    return null;
  }

  #applyOffer(offer: OfferVersion): void {
    if (offer.version <= (this.#offers.get(offer.id)?.version ?? 0)) return;
    const goals = new Map(offer.goals.map((goal) => [goal.id, goal.archived]));
    this.#offers.set(offer.id, { version: offer.version, status: offer.status, goals });
  }

  /** A tombstone ends one version; only that of the newest version ends what is known. */
  #drop({ kind, id, version }: ConfigurationKey): void {
    if (kind === 'offer' && this.#offers.get(id)?.version === version) this.#offers.delete(id);
    if (kind === 'affiliate' && this.#affiliates.get(id) === version) this.#affiliates.delete(id);
  }
}
