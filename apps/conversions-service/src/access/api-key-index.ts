import { createHash } from 'node:crypto';
import { decodeApiKeyEvent, type ApiKeyVersion } from '@ringback/contracts';

/** A key's newest version, as far as it decides who is let in; null: gone, or unreadable. */
interface KnownKey {
  readonly version: number;
  readonly data: ApiKeyVersion | null;
}

const RECORD_KEY = /^([1-9]\d{0,9}):([1-9]\d{0,9})$/;

/** The API keys of `gateway.api-keys` in memory: the newest version of each. Late repeats of a version change nothing. */
export class ApiKeyIndex {
  readonly #byId = new Map<number, KnownKey>();
  /** Ids by hash: the key of the environment may be withdrawn and given again, then two share one hash. */
  readonly #byHash = new Map<string, Set<number>>();

  get size(): number {
    return this.#byId.size;
  }

  /**
   * Takes in one record. One that cannot be read lets nobody in: what its key was allowed before, it may have been denied since.
   * @returns null, or why it cannot be read.
   */
  apply(recordKey: string, value: Buffer | null): string | null {
    const [, id, version] = RECORD_KEY.exec(recordKey) ?? [];
    if (id === undefined || version === undefined) return `key "${recordKey.slice(0, 100)}" names no version`;
    if (value === null) {
      this.#put(Number(id), { version: Number(version), data: null });
      return null;
    }
    const decoded = decodeApiKeyEvent(value);
    this.#put(Number(id), { version: Number(version), data: decoded.ok ? decoded.event.data : null });
    return decoded.ok ? null : decoded.reason;
  }

  /** @returns what the key is good for, or null when it is unknown, revoked or expired. */
  find(apiKey: string, nowMs: number): ApiKeyVersion | null {
    const hash = createHash('sha256').update(apiKey, 'utf8').digest('hex');
    for (const id of this.#byHash.get(hash) ?? []) {
      const { data } = this.#byId.get(id)!;
      if (data !== null && data.revokedAt === null && (data.expiresAt === null || Date.parse(data.expiresAt) > nowMs)) return data;
    }
    return null;
  }

  #put(id: number, known: KnownKey): void {
    const before = this.#byId.get(id);
    if (before !== undefined && before.version >= known.version) return;
    if (before !== undefined && before.data !== null) {
      const sharing = this.#byHash.get(before.data.hash)!;
      sharing.delete(id);
      if (sharing.size === 0) this.#byHash.delete(before.data.hash);
    }
    this.#byId.set(id, known);
    if (known.data === null) return;
    const sharing = this.#byHash.get(known.data.hash);
    if (sharing === undefined) this.#byHash.set(known.data.hash, new Set([id]));
    else sharing.add(id);
  }
}
