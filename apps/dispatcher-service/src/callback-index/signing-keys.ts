import { createSecretKey, type KeyObject } from 'node:crypto';
import { secretField, type OpenSecret } from '@ringback/callbacks';

/** A signing secret as people have it: this, and the key in base64. */
const PREFIX = 'whsec_';

type SigningKeys =
  { readonly ok: true; readonly keys: readonly KeyObject[] } | { readonly ok: false; readonly path: string; readonly reason: string };

/**
 * Opens a callback's signing secrets (Standard Webhooks: at most two, while one replaces the other).
 * @returns their keys in their order; or the first that there is no key of: as any other secret that cannot be opened, it must be entered anew
 */
export function openSigningKeys(sealed: readonly string[], open: OpenSecret): SigningKeys {
  const keys: KeyObject[] = [];
  for (let index = 0; index < sealed.length; index++) {
    const path = secretField.signingSecret(index);
    let secret: string;
    try {
      secret = open(sealed[index]!, path);
    } catch (cause) {
      if ((cause as { code?: unknown }).code !== 'SEALED_SECRET_UNREADABLE') throw cause;
      return { ok: false, path, reason: `${path}: its secret cannot be opened: enter it anew` };
    }
    const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : null;
    if (key === null || key.length === 0) return { ok: false, path, reason: `${path}: it is no signing secret: enter it anew` };
    keys.push(createSecretKey(key));
  }
  return { ok: true, keys };
}
