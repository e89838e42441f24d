import { configurationKey, encodeEvent, TOPICS, topicName, type ConfigurationEvent, type OfferStatus } from '@ringback/contracts';
import type { Publisher } from '@ringback/event-stream';
import { sendSurely } from './send-surely.js';

interface OfferSetting {
  readonly status?: OfferStatus;
  readonly goalsEnabled?: boolean;
  readonly goals?: readonly { readonly id: number; readonly archived?: boolean }[];
}

/** Writes `offers.configurations` as offers-service does: one record per version, revisions over all. */
export class ConfigurationAuthor {
  readonly #publisher: Publisher;
  readonly #topic: string;
  readonly #versions = new Map<string, number>();
  /** Of the newest record. */
  revision = 0;

  constructor(publisher: Publisher, prefix: string) {
    this.#publisher = publisher;
    this.#topic = topicName(TOPICS.offersConfigurations, prefix);
  }

  /** Resolves when the change is in force: in Kafka. */
  async offer(id: number, { status = 'active', goalsEnabled = false, goals = [] }: OfferSetting = {}): Promise<void> {
    const named = goals.map(({ id: goalId, archived = false }) => ({ id: goalId, name: `goal ${goalId}`, archived }));
    const data = { id, name: `offer ${id}`, status, goalsEnabled, goals: named, ...this.#versioned(`offer:${id}`) };
    await this.#publish({ ...this.#envelope(), type: 'OfferChanged', data });
  }

  async affiliate(id: number): Promise<void> {
    const data = { id, name: `affiliate ${id}`, ...this.#versioned(`affiliate:${id}`) };
    await this.#publish({ ...this.#envelope(), type: 'AffiliateChanged', data });
  }

  async raw(key: string, value: Buffer | null): Promise<void> {
    await sendSurely(this.#publisher, [{ topic: this.#topic, key, value }]);
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

  async #publish(event: ConfigurationEvent): Promise<void> {
    await this.raw(configurationKey(event), encodeEvent(event));
  }
}
