import {
  configurationKey,
  createDataKey,
  encodeEvent,
  Keyring,
  TOPICS,
  topicName,
  wrapDataKey,
  type CallbackVersion,
  type ConfigurationEvent,
  type OfferVersion,
} from '@ringback/contracts';

export interface ConfigurationRecord {
  readonly key: string;
  readonly value: Buffer | null;
}

/** Makes the records of `offers.configurations` as offers-service does: one per version, revisions over all. */
export class ConfigurationAuthor {
  readonly masterKey = Buffer.alloc(32, 7);
  readonly #dataKey = createDataKey();
  readonly keyring = new Keyring([this.#dataKey]);
  readonly #versions = new Map<string, number>();
  readonly #callbacks = new Map<number, CallbackVersion>();
  /** Of the newest record. */
  revision = 0;

  keyringRecord(): ConfigurationRecord {
    const data = {
      keys: [{ id: this.#dataKey.id, wrapped: wrapDataKey(this.masterKey, this.#dataKey) }],
      ...this.#versioned('keyring'),
    };
    return this.#record({ ...this.#envelope(), type: 'KeyringChanged', data });
  }

  offer(id: number, setting: Partial<OfferVersion> = {}): ConfigurationRecord {
    const data: OfferVersion = {
      id,
      name: `offer ${id}`,
      status: 'active',
      goalsEnabled: false,
      goals: [],
      ...setting,
      ...this.#versioned(`offer:${id}`),
    };
    return this.#record({ ...this.#envelope(), type: 'OfferChanged', data });
  }

  affiliate(id: number): ConfigurationRecord {
    const data = { id, name: `affiliate ${id}`, ...this.#versioned(`affiliate:${id}`) };
    return this.#record({ ...this.#envelope(), type: 'AffiliateChanged', data });
  }

  /** The next version: what is left out stays as it was. */
  callback(id: number, setting: Partial<CallbackVersion> = {}): ConfigurationRecord {
    const data: CallbackVersion = {
      ...CALLBACK,
      ...this.#callbacks.get(id),
      ...setting,
      id,
      ...this.#versioned(`callback:${id}`),
    };
    this.#callbacks.set(id, data);
    return this.#record({ ...this.#envelope(), type: 'CallbackChanged', data });
  }

  deleteCallback(id: number): ConfigurationRecord {
    return this.callback(id, { deletedAt: new Date().toISOString() });
  }

  #versioned(aggregate: string) {
    const version = (this.#versions.get(aggregate) ?? 0) + 1;
    this.#versions.set(aggregate, version);
    this.revision += 1;
    const at = new Date().toISOString();
    return { revision: this.revision, version, changedBy: 'ada@example.com', createdAt: at, updatedAt: at };
  }

  #envelope() {
    return {
      specversion: '1.0',
      id: `configuration-${this.revision}`,
      source: '/ringback/offers',
      time: new Date().toISOString(),
    } as const;
  }

  #record(event: ConfigurationEvent): ConfigurationRecord {
    return { key: configurationKey(event), value: encodeEvent(event) };
  }
}

export function configurationTopic(prefix: string): string {
  return topicName(TOPICS.offersConfigurations, prefix);
}

const CALLBACK: Omit<CallbackVersion, 'id' | 'revision' | 'version' | 'changedBy' | 'createdAt' | 'updatedAt'> = {
  offerId: 1,
  name: null,
  affiliateId: 1,
  goalId: null,
  conversionStatus: 'done',
  url: 'http://127.0.0.1:9/',
  httpType: 'GET',
  basicAuth: null,
  requestParams: [],
  requestHeaders: [],
  enabled: true,
  disabledReason: null,
  retry: 'standard',
  timeoutMs: 30_000,
  maxPerSecond: null,
  ordering: 'none',
  signingSecrets: [],
  deletedAt: null,
};
