import type { Callback, CallbackVersion } from '@ringback/contracts';
import type { CallbackEntity } from './callback.entity.js';

/** @returns the callback as the API answers it: of a secret only that it is set. */
export function callbackView(callback: Omit<CallbackVersion, 'revision' | 'changedBy' | 'deletedAt'>): Callback {
  const { basicAuth } = callback;
  return {
    id: callback.id,
    offerId: callback.offerId,
    name: callback.name,
    affiliateId: callback.affiliateId,
    goalId: callback.goalId,
    conversionStatus: callback.conversionStatus,
    url: callback.url,
    httpType: callback.httpType,
    basicAuth:
      basicAuth === null ? null : 'token' in basicAuth ? { token: { set: true } } : { login: basicAuth.login, password: { set: true } },
    requestParams: callback.requestParams.map(({ name, value, type, secret }) => ({ name, ...shown(value, secret), type, secret })),
    requestHeaders: callback.requestHeaders.map(({ name, value, secret }) => ({ name, ...shown(value, secret), secret })),
    enabled: callback.enabled,
    disabledReason: callback.disabledReason,
    retry: callback.retry,
    timeoutMs: callback.timeoutMs,
    maxPerSecond: callback.maxPerSecond,
    ordering: callback.ordering,
    signingSecrets: callback.signingSecrets.map(() => ({ set: true })),
    version: callback.version,
    createdAt: callback.createdAt,
    updatedAt: callback.updatedAt,
  };
}

function shown(value: string, secret: boolean): { value: string } | { set: true } {
  return secret ? { set: true } : { value };
}

/** @returns the callback's row as the API answers it. */
export function entityView(callback: CallbackEntity): Callback {
  return callbackView({
    ...callback,
    createdAt: callback.createdAt.toISOString(),
    updatedAt: callback.updatedAt.toISOString(),
  });
}
