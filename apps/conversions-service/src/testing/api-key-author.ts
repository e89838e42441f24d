import { createHash, randomBytes } from 'node:crypto';
import { apiKeyRecordKey, encodeEvent, GATEWAY_SOURCE, TOPICS, topicName, type ApiKeyVersion } from '@ringback/contracts';
import type { Publisher } from '@ringback/event-stream';
import { sendSurely } from './send-surely.js';

/** Writes `gateway.api-keys` as the gateway does: one record per version of a key. */
export class ApiKeyAuthor {
  readonly #topic: string;
  readonly #keys = new Map<string, ApiKeyVersion>();

  constructor(
    private readonly publisher: Publisher,
    prefix: string,
  ) {
    this.#topic = topicName(TOPICS.gatewayApiKeys, prefix);
  }

  /** Resolves when the new key is in Kafka. @returns the key. */
  async create(fields: Partial<ApiKeyVersion> = {}): Promise<string> {
    const key = `rbk_${randomBytes(24).toString('base64url')}`;
    const at = new Date().toISOString();
    this.#keys.set(key, {
      id: this.#keys.size + 1,
      version: 0,
      name: 'tracker',
      hash: createHash('sha256').update(key).digest('hex'),
      role: 'service',
      permissions: ['conversions:read', 'conversions:write'],
      scope: { offerIds: null },
      expiresAt: null,
      revokedAt: null,
      changedBy: 'ada@example.com',
      createdAt: at,
      updatedAt: at,
      ...fields,
    });
    await this.change(key, {});
    return key;
  }

  /** Resolves when the new version is in Kafka. */
  async change(key: string, fields: Partial<ApiKeyVersion>): Promise<void> {
    const before = this.#keys.get(key)!;
    const data = { ...before, version: before.version + 1, ...fields };
    this.#keys.set(key, data);
    const event = {
      specversion: '1.0',
      id: `key-${data.id}-${data.version}`,
      source: GATEWAY_SOURCE,
      type: 'ApiKeyChanged',
      time: data.updatedAt,
      data,
    } as const;
    await this.raw(apiKeyRecordKey(event), encodeEvent(event));
  }

  async raw(recordKey: string, value: Buffer | null): Promise<void> {
    await sendSurely(this.publisher, [{ topic: this.#topic, key: recordKey, value }]);
  }
}
