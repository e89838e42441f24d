import {
  configurationKey,
  createDataKey,
  encodeEvent,
  Keyring,
  secretContext,
  wrapDataKey,
  type CallbackVersion,
  type ConfigurationEvent,
  type OfferVersion,
} from '@ringback/contracts';

export interface ConfigurationRecord {
  readonly key: string;
  readonly value: Buffer;
}

/** Makes the records of `offers.configurations` as offers-service does: each thing in its first version, revisions over all. */
export class ConfigurationRecords {
  readonly #dataKey = createDataKey();
  readonly #keyring = new Keyring([this.#dataKey]);
  readonly #at = new Date().toISOString();
  /** Of the newest record. */
  revision = 0;

  keyring(masterKey: Buffer): ConfigurationRecord {
    const keys = [{ id: this.#dataKey.id, wrapped: wrapDataKey(masterKey, this.#dataKey) }];
    return this.#record('KeyringChanged', { keys, ...this.#versioned() });
  }

  affiliate(id: number): ConfigurationRecord {
    return this.#record('AffiliateChanged', { id, name: `affiliate ${id}`, ...this.#versioned() });
  }

  offer(id: number, setting: Partial<OfferVersion> = {}): ConfigurationRecord {
    const data: OfferVersion = {
      id,
      name: `offer ${id}`,
      status: 'active',
      goalsEnabled: false,
      goals: [],
      ...setting,
      ...this.#versioned(),
    };
    return this.#record('OfferChanged', data);
  }

  callback(setting: CallbackSetting): ConfigurationRecord {
    return this.#record('CallbackChanged', { ...CALLBACK, ...setting, ...this.#versioned() });
  }

  /** @returns a header's value sealed as offers-service seals it. */
  sealedHeader(callbackId: number, name: string, value: string): string {
    return this.#keyring.seal(value, secretContext(callbackId, `requestHeaders.${name}`));
  }

  #versioned() {
    this.revision++;
    return { revision: this.revision, version: 1, changedBy: 'bench@example.com', createdAt: this.#at, updatedAt: this.#at };
  }

  #record(type: ConfigurationEvent['type'], data: ConfigurationEvent['data']): ConfigurationRecord {
    const event = {
      specversion: '1.0',
      id: `configuration-${this.revision}`,
      source: '/ringback/offers',
      time: this.#at,
      type,
      data,
    } as ConfigurationEvent;
    return { key: configurationKey(event), value: encodeEvent(event) };
  }
}

export type CallbackSetting = Partial<CallbackVersion> & Pick<CallbackVersion, 'id' | 'offerId' | 'affiliateId' | 'url'>;

/**
 * What a callback of the bench sends unless it says otherwise: JSON with four params; with the two macros that URLs here have, six macros.
 */
const CALLBACK = {
  name: null,
  goalId: null,
  conversionStatus: 'done',
  httpType: 'POST_JSON',
  basicAuth: null,
  requestParams: [
    { name: 'click', value: '{click_id}', type: 'string', secret: false },
    { name: 'payout', value: '{payout}', type: 'number', secret: false },
    { name: 'currency', value: '{currency}', type: 'string', secret: false },
    { name: 'sub', value: '{sub1}', type: 'string', secret: false },
  ],
  requestHeaders: [],
  enabled: true,
  disabledReason: null,
  retry: 'short',
  timeoutMs: 10_000,
  maxPerSecond: null,
  ordering: 'none',
  signingSecrets: [],
  deletedAt: null,
} as const satisfies Partial<CallbackVersion>;
