import type { Callback, CallbackInput, CallbackPatch, ConversionStatus } from '../api/shapes.js';

type HttpType = CallbackInput['httpType'];

/** A param or a header as the form holds it. `isSet`: a secret is stored, and stays unless a value is typed. */
export interface FieldValues {
  /** Tells rows apart while they are added and removed; never sent. */
  readonly key: string;
  name: string;
  value: string;
  type: NonNullable<NonNullable<CallbackInput['requestParams']>[number]['type']>;
  secret: boolean;
  isSet: boolean;
}

/** A callback as the form holds it. Ids are texts, as selections have them. */
export interface CallbackValues extends Record<string, unknown> {
  name: string;
  affiliateId: string | null;
  goalId: string | null;
  conversionStatus: ConversionStatus;
  url: string;
  httpType: HttpType;
  auth: { kind: 'none' | 'token' | 'login'; token: string; login: string; password: string; isSet: boolean };
  requestParams: FieldValues[];
  requestHeaders: FieldValues[];
  enabled: boolean;
  retry: NonNullable<CallbackInput['retry']>;
  timeoutMs: number | string;
  maxPerSecond: number | string;
  ordering: NonNullable<CallbackInput['ordering']>;
  signingSecrets: { key: string; value: string; isSet: boolean }[];
}

let lastKey = 0;
const nextKey = () => `row-${++lastKey}`;

export function newField(): FieldValues {
  return { key: nextKey(), name: '', value: '', type: 'string', secret: false, isSet: false };
}

export function newSigningSecret(): CallbackValues['signingSecrets'][number] {
  return { key: nextKey(), value: '', isSet: false };
}

/** What a new callback begins with: the API's own defaults. */
export function newCallbackValues(): CallbackValues {
  return {
    name: '',
    affiliateId: null,
    goalId: null,
    conversionStatus: 'done',
    url: '',
    httpType: 'GET',
    auth: { kind: 'none', token: '', login: '', password: '', isSet: false },
    requestParams: [],
    requestHeaders: [],
    enabled: true,
    retry: 'standard',
    timeoutMs: 10_000,
    maxPerSecond: '',
    ordering: 'none',
    signingSecrets: [],
  };
}

/** @returns the callback as the form holds it. Its secrets are not there to be read: they are set or not. */
export function valuesOf(callback: Callback): CallbackValues {
  const { basicAuth } = callback;
  const fieldOf = (field: { name: string; value?: string; secret: boolean; set?: boolean; type?: FieldValues['type'] }): FieldValues => ({
    key: nextKey(),
    name: field.name,
    value: field.value ?? '',
    type: field.type ?? 'string',
    secret: field.secret,
    isSet: field.set ?? false,
  });
  return {
    name: callback.name ?? '',
    affiliateId: String(callback.affiliateId),
    goalId: callback.goalId === null ? null : String(callback.goalId),
    conversionStatus: callback.conversionStatus,
    url: callback.url,
    httpType: callback.httpType,
    auth:
      basicAuth === null
        ? newCallbackValues().auth
        : 'login' in basicAuth
          ? { kind: 'login', token: '', login: basicAuth.login, password: '', isSet: basicAuth.password.set }
          : { kind: 'token', token: '', login: '', password: '', isSet: basicAuth.token.set },
    requestParams: callback.requestParams.map(fieldOf),
    requestHeaders: callback.requestHeaders.map(fieldOf),
    enabled: callback.enabled,
    retry: callback.retry,
    timeoutMs: callback.timeoutMs,
    maxPerSecond: callback.maxPerSecond ?? '',
    ordering: callback.ordering,
    signingSecrets: callback.signingSecrets.map(({ set }) => ({ key: nextKey(), value: '', isSet: set })),
  };
}

/** @returns the values for a copy. Secrets cannot be copied, since nobody can read them: they are to be typed again. */
export function valuesOfCopy(callback: Callback): CallbackValues {
  const values = valuesOf(callback);
  const unset = <Field extends { isSet: boolean }>(field: Field): Field => ({ ...field, isSet: false });
  return {
    ...values,
    name: values.name === '' ? '' : `${values.name} (copy)`.slice(0, 255),
    auth: unset(values.auth),
    requestParams: values.requestParams.map(unset),
    requestHeaders: values.requestHeaders.map(unset),
    signingSecrets: [],
  };
}

/** @returns the whole callback as the API takes it. A secret that is stored and was not typed anew is left out, which keeps it. */
export function bodyOf(values: CallbackValues): CallbackInput {
  const kept = (value: string, isSet: boolean) => (value === '' && isSet ? {} : { value });
  return {
    name: values.name.trim() === '' ? null : values.name,
    affiliateId: Number(values.affiliateId),
    goalId: values.goalId === null ? null : Number(values.goalId),
    conversionStatus: values.conversionStatus,
    url: values.url.trim(),
    httpType: values.httpType,
    basicAuth: basicAuthOf(values.auth),
    requestParams: values.requestParams.map(({ name, value, type, secret, isSet }) => ({
      name,
      ...kept(value, isSet && secret),
      type: values.httpType === 'POST_JSON' ? type : 'string',
      secret,
    })),
    requestHeaders: values.requestHeaders.map(({ name, value, secret, isSet }) => ({ name, ...kept(value, isSet && secret), secret })),
    enabled: values.enabled,
    retry: values.retry,
    timeoutMs: Number(values.timeoutMs),
    maxPerSecond: values.maxPerSecond === '' ? null : Number(values.maxPerSecond),
    ordering: values.ordering,
    signingSecrets: values.signingSecrets.map(({ value, isSet }) => kept(value, isSet)),
  };
}

function basicAuthOf({ kind, token, login, password, isSet }: CallbackValues['auth']): NonNullable<CallbackInput['basicAuth']> | null {
  if (kind === 'none') return null;
  if (kind === 'token') return token === '' && isSet ? {} : { token };
  return password === '' && isSet ? { login } : { login, password };
}

/** @returns only what differs from the callback as it was read: an edit touches nothing that was not touched. */
export function patchOf(base: Callback, values: CallbackValues): CallbackPatch {
  const before = bodyOf(valuesOf(base)) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(bodyOf(values)).filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field])),
  ) as CallbackPatch;
}

/** @returns the field of the form that shows a complaint of the API about `path`. */
export function fieldOfPath(path: string): string {
  return path.replace(/^basicAuth/, 'auth').replace(/^auth$/, 'auth.kind');
}
