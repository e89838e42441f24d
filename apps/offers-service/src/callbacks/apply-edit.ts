import type { CallbackInput, CallbackPatch, FieldError } from '@ringback/contracts';
import type { CallbackContent } from './callback-content.js';

/** The content after an edit, or the fields that keep it from being one. */
export type Edited = { readonly ok: true; readonly content: CallbackContent } | { readonly ok: false; readonly errors: FieldError[] };

/**
 * Applies what an admin wrote to the callback as it is. What is left out stays; so does the value of a secret that is left out: it is found by
 * name (the n-th of that name, where there are several), a signing secret by its position, Basic Auth's by its kind.
 * @param current open content of the callback; null for a new one, whose input is complete.
 */
export function applyEdit(current: CallbackContent, edit: CallbackPatch): Edited;
export function applyEdit(current: CallbackContent | null, edit: CallbackInput): Edited;
export function applyEdit(current: CallbackContent | null, edit: CallbackInput | CallbackPatch): Edited {
  const errors: FieldError[] = [];
  const { basicAuth, requestParams, requestHeaders, signingSecrets, ...plain } = edit;
  const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
  const content = {
    disabledReason: null,
    ...current,
    ...given,
    // An admin's word on `enabled` is newer than the reason why Ringback disabled it.
    ...(edit.enabled === undefined ? {} : { disabledReason: current?.enabled === edit.enabled ? current.disabledReason : null }),
    basicAuth: basicAuth === undefined ? (current?.basicAuth ?? null) : keepBasicAuth(current?.basicAuth ?? null, basicAuth, errors),
    requestParams: keepNamed('requestParams', current?.requestParams ?? [], requestParams, errors),
    requestHeaders: keepNamed('requestHeaders', current?.requestHeaders ?? [], requestHeaders, errors),
    signingSecrets: keepSigningSecrets(current?.signingSecrets ?? [], signingSecrets, errors),
  } as CallbackContent;
  return errors.length > 0 ? { ok: false, errors } : { ok: true, content };
}

function keepBasicAuth(
  current: CallbackContent['basicAuth'],
  edit: NonNullable<CallbackInput['basicAuth']> | null,
  errors: FieldError[],
): CallbackContent['basicAuth'] {
  if (edit === null) return null;
  if ('login' in edit) {
    const password = edit.password ?? (current !== null && 'password' in current ? current.password : undefined);
    if (password === undefined) errors.push({ path: 'basicAuth.password', message: 'is required: none is stored' });
    return { login: edit.login, password: password ?? '' };
  }
  const token = edit.token ?? (current !== null && 'token' in current ? current.token : undefined);
  if (token === undefined)
    errors.push({ path: 'basicAuth.token', message: 'is required: none is stored (or give "login" and "password")' });
  return { token: token ?? '' };
}

interface NamedInput {
  readonly name: string;
  readonly value?: string | undefined;
  readonly secret: boolean;
}

function keepNamed<Input extends NamedInput>(
  list: string,
  current: readonly (Input & { value: string })[],
  edit: readonly Input[] | undefined,
  errors: FieldError[],
): (Input & { value: string })[] {
  if (edit === undefined) return [...current];
  const storedOf = Map.groupBy(current, ({ name }) => name);
  return edit.map((item, index) => {
    const stored = storedOf.get(item.name)?.shift();
    if (item.value !== undefined) return { ...item, value: item.value };
    const path = `${list}.${index}.value`;
    if (stored === undefined) errors.push({ path, message: `is required: no value is stored under the name "${item.name}"` });
    else if (stored.secret && !item.secret)
      errors.push({ path, message: 'is required: a stored secret is not made readable, so give the value again' });
    return { ...item, value: stored?.value ?? '' };
  });
}

function keepSigningSecrets(current: readonly string[], edit: CallbackInput['signingSecrets'] | undefined, errors: FieldError[]): string[] {
  if (edit === undefined) return [...current];
  return edit.map(({ value }, index) => {
    const kept = value ?? current[index];
    if (kept === undefined) errors.push({ path: `signingSecrets.${index}.value`, message: 'is required: none is stored at this position' });
    return kept ?? '';
  });
}
