/**
 * The names of a callback's secret fields: what a secret is sealed for (`secretContext(callbackId, field)` in contracts) and opened with.
 * Params and headers are named, not numbered, so that reordering them leaves their secrets readable.
 */
export const secretField = {
  basicAuthToken: 'basicAuth.token',
  basicAuthPassword: 'basicAuth.password',
  requestParam: (name: string): string => `requestParams.${name}`,
  requestHeader: (name: string): string => `requestHeaders.${name}`,
  signingSecret: (index: number): string => `signingSecrets.${index}`,
} as const;
