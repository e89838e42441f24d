import type { KeyObject } from 'node:crypto';
import { secretContext, type Keyring } from '@ringback/contracts';
import { compileCallback, type CompiledCallback } from '@ringback/callbacks';
import type { RetryPreset } from '@ringback/contracts';
import type { IndexedCallback } from './indexed-callback.js';
import { openSigningKeys } from './signing-keys.js';

/** A callback's latest version, ready to send. Holds secrets in clear: never to be logged. */
export interface ReadyCallback {
  readonly request: CompiledCallback;
  readonly retry: RetryPreset;
  readonly timeoutMs: number;
  readonly version: number;
  /** Of its signing secrets, in their order. */
  readonly signingKeys: readonly KeyObject[];
}

interface Entry {
  readonly version: number;
  readonly keyring: Keyring | null;
  readonly ready: ReadyCallback;
}

/**
 * The callbacks in use, compiled; those compiled longest ago make way. Secrets are opened here, when needed. A callback is kept from its second
 * use on: where a million are used once each, keeping them would only make garbage that has grown old.
 */
export class CompiledCallbacks {
  readonly #entries = new Map<number, Entry>();
  readonly #usedOnce = new Set<number>();

  constructor(private readonly maxEntries = 10_000) {}

  /** @returns the callback's latest version, compiled. Recompiled when it, or the keyring, has changed since. */
  get(callback: IndexedCallback, keyring: Keyring | null): ReadyCallback {
    const { version } = callback;
    const known = this.#entries.get(callback.id);
    if (known !== undefined && known.version === version && known.keyring === keyring) return known.ready;
    const definition = callback.definition;
    const open = (sealed: string, field: string): string => {
      if (keyring === null) throw new KeyringMissingError('no keyring was read yet');
      return keyring.open(sealed, secretContext(callback.id, field));
    };
    const signing = openSigningKeys(definition.signingSecrets, open);
    const ready: ReadyCallback = {
      // What cannot be signed is not sent.
      request: signing.ok ? compileCallback(definition, open) : { renderable: false, ...signing },
      retry: definition.retry,
      timeoutMs: definition.timeoutMs,
      version,
      signingKeys: signing.ok ? signing.keys : [],
    };
    if (known === undefined && !this.#usedOnce.has(callback.id)) {
      if (this.#usedOnce.size >= this.maxEntries) this.#usedOnce.clear();
      this.#usedOnce.add(callback.id);
      return ready;
    }
    this.#entries.delete(callback.id);
    if (this.#entries.size >= this.maxEntries) this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(callback.id, { version, keyring, ready });
    return ready;
  }
}

/** Secrets cannot be opened; treated as a secret that is unreadable, so the delivery says so. */
class KeyringMissingError extends Error {
  readonly code = 'SEALED_SECRET_UNREADABLE';
}
