import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';

/**
 * Secrets are sealed with data keys (AES-256-GCM, NIST SP 800-38D, 96-bit random nonce); a data key is wrapped the same way by the master
 * key. A sealed value names its data key, so that several can be alive during a rotation.
 */
export interface DataKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** What can open and seal: the unwrapped data keys, the newest last. */
export class Keyring {
  /** As key objects: with bytes for a key Node takes 12 µs to begin, with these 2. */
  readonly #byId: Map<string, KeyObject>;
  readonly #newest: DataKey;

  constructor(keys: readonly DataKey[]) {
    const newest = keys.at(-1);
    if (newest === undefined) throw new RangeError('a keyring holds at least one data key');
    this.#newest = newest;
    this.#byId = new Map(keys.map(({ id, key }) => [id, createSecretKey(key)]));
  }

  /** @returns whether what was sealed with the data key can be opened. */
  has(keyId: string): boolean {
    return this.#byId.has(keyId);
  }

  /** @returns `v1.<key id>.<base64url of nonce, ciphertext, tag>`, bound to where it stands by {@link secretContext}. */
  seal(plaintext: string, context: string): string {
    return `v1.${this.#newest.id}.${encrypt(this.#byId.get(this.#newest.id)!, Buffer.from(plaintext, 'utf8'), context).toString('base64url')}`;
  }

  /** @throws {SealedSecretError} when the value is not ours, its key is unknown, or it was sealed for another place. */
  open(sealed: string, context: string): string {
    const [version, keyId, payload] = sealed.split('.');
    if (version !== 'v1' || keyId === undefined || payload === undefined) throw new SealedSecretError('not a sealed value');
    const dataKey = this.#byId.get(keyId);
    if (dataKey === undefined) throw new SealedSecretError(`data key "${keyId}" is not in the keyring`);
    return decrypt(dataKey, Buffer.from(payload, 'base64url'), context).toString('utf8');
  }
}

/** A sealed value or wrapped key that cannot be opened. Carries no part of it. */
export class SealedSecretError extends Error {
  override readonly name = 'SealedSecretError';
  readonly code = 'SEALED_SECRET_UNREADABLE';
}

/** AAD of a callback's secret: callback id and field, e.g. `callback:7:basicAuth.password`, `callback:7:requestParams.token`. */
export function secretContext(callbackId: number, field: string): string {
  return `callback:${callbackId}:${field}`;
}

/** @returns a new data key under a fresh random id. */
export function createDataKey(): DataKey {
  return { id: randomBytes(6).toString('hex'), key: randomBytes(32) };
}

/** @returns the data key wrapped by the master key (32 bytes), base64url. */
export function wrapDataKey(masterKey: Buffer, dataKey: DataKey): string {
  return encrypt(masterKey, dataKey.key, `data-key:${dataKey.id}`).toString('base64url');
}

/** @throws {SealedSecretError} when the master key is not the one it was wrapped by. */
export function unwrapDataKey(masterKey: Buffer, id: string, wrapped: string): DataKey {
  return { id, key: decrypt(masterKey, Buffer.from(wrapped, 'base64url'), `data-key:${id}`) };
}

/** The present master key and, while it is being replaced, the one before it. */
export interface MasterKeys {
  readonly current: Buffer;
  readonly previous?: Buffer | undefined;
}

/** @returns the data keys of a keyring, whichever of the master keys wrapped each. @throws {SealedSecretError} when neither did. */
export function openKeyring(
  { current, previous }: MasterKeys,
  keys: readonly { readonly id: string; readonly wrapped: string }[],
): Keyring {
  return new Keyring(keys.map(({ id, wrapped }) => unwrapWithEither(current, previous, id, wrapped)));
}

/** @returns the data key, whichever master key wrapped it. @throws {SealedSecretError} when neither did. */
export function unwrapWithEither(current: Buffer, previous: Buffer | undefined, id: string, wrapped: string): DataKey {
  try {
    return unwrapDataKey(current, id, wrapped);
  } catch (error) {
    if (previous === undefined || !(error instanceof SealedSecretError)) throw error;
    return unwrapDataKey(previous, id, wrapped);
  }
}

/** @returns the 32 bytes of `MASTER_KEY`, given as 44 characters of base64. @throws {RangeError} saying the remedy. */
export function parseMasterKey(base64: string): Buffer {
  const key = Buffer.from(base64, 'base64');
  if (key.length !== 32) throw new RangeError('MASTER_KEY must be 32 bytes in base64: make one with `openssl rand -base64 32`');
  return key;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function encrypt(key: Buffer | KeyObject, plaintext: Buffer, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context, 'utf8'));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer | KeyObject, sealed: Buffer, context: string): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new SealedSecretError('sealed value is too short');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(context, 'utf8'))
    .setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new SealedSecretError('cannot be opened: another key or another place', { cause });
  }
}
