import type { CallbackVersion } from '@ringback/contracts';

/**
 * What an admin decides about a callback: what a version holds beside its stamp. One shape for both states of its secrets: *sealed*, as it is
 * stored and published, and *open*, as it is validated and rendered. Open content never leaves the process.
 */
export type CallbackContent = Pick<CallbackVersion, (typeof CONTENT_FIELDS)[number]>;

const CONTENT_FIELDS = [
  'name',
  'affiliateId',
  'goalId',
  'conversionStatus',
  'url',
  'httpType',
  'basicAuth',
  'requestParams',
  'requestHeaders',
  'enabled',
  'disabledReason',
  'retry',
  'timeoutMs',
  'maxPerSecond',
  'ordering',
  'signingSecrets',
] as const;

/** @returns the content alone of something that holds more. */
export function pickContent(source: CallbackContent): CallbackContent {
  return Object.fromEntries(CONTENT_FIELDS.map((field) => [field, source[field]])) as unknown as CallbackContent;
}
