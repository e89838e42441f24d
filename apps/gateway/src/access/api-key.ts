import { createHash, randomBytes } from 'node:crypto';

/**
 * @returns SHA-256 of a key. A key is at least 256 random bits, so neither salt nor slowness would add anything, and looking it up by its
 * hash tells nothing by its timing.
 */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}

/** @returns a new key: 256 random bits. The prefix lets scanners of repositories find keys that were committed. */
export function makeApiKey(): string {
  return `rbk_${randomBytes(32).toString('base64url')}`;
}

/** @returns the part of a key that may be shown, so that people can tell keys apart. */
export function visiblePrefix(key: string): string {
  return key.slice(0, 8);
}
