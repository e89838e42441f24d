import { createHmac, type KeyObject } from 'node:crypto';

/**
 * The `webhook-signature` of Standard Webhooks (standardwebhooks.com, "Signature scheme"): HMAC-SHA256 over `id.timestamp.body`, for each key
 * `v1,<base64>`, separated by spaces, so that a receiver may verify with either secret while one replaces the other.
 *
 * @param timestamp as sent in `webhook-timestamp`: whole seconds since the epoch
 * @param body the bytes that are sent; null signs the empty body
 */
export function webhookSignature(keys: readonly KeyObject[], id: string, timestamp: string, body: Buffer | null): string {
  let signatures = '';
  for (const key of keys) {
    const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.`);
    if (body !== null) hmac.update(body);
    signatures += `${signatures === '' ? '' : ' '}v1,${hmac.digest('base64')}`;
  }
  return signatures;
}
