import type { CallbackInput, FieldError } from '@ringback/contracts';
import { compileUrl } from './callback-url.js';
import { jsonShape } from './json-body.js';
import { compileJsonValue } from './json-value.js';
import { AS_TEXT, hasControlCharacter } from './place-encoding.js';
import { compileTemplate } from './template.js';
import { validateHeaders } from './validate-headers.js';

/** The fields that make the request, as their author wrote them. A secret that is kept has no value here. */
export type CallbackRequestInput = Pick<CallbackInput, 'url' | 'httpType' | 'basicAuth' | 'requestParams' | 'requestHeaders'>;

/**
 * What is wrong with a callback's request, beyond the shape that `callbackInputSchema` has checked: every fault, in the order of the fields,
 * each with its path, the rule and the remedy. Secrets that are kept (no value) are taken as sound: they were checked when written.
 */
export function validateCallback(fields: CallbackRequestInput): FieldError[] {
  return [
    ...validateUrl(fields.url),
    ...validateBasicAuth(fields.basicAuth),
    ...validateParams(fields),
    ...validateHeaders(fields.requestHeaders, fields),
  ];
}

function validateUrl(url: string): FieldError[] {
  const compiled = compileUrl(url);
  return compiled.ok ? [] : compiled.faults.map((message) => ({ path: 'url', message }));
}

/** RFC 7617 §2: no colon in the user-id, no control characters anywhere. */
function validateBasicAuth(basicAuth: CallbackRequestInput['basicAuth']): FieldError[] {
  if (basicAuth === null) return [];
  const errors: FieldError[] = [];
  if ('login' in basicAuth && basicAuth.login.includes(':'))
    errors.push({ path: 'basicAuth.login', message: 'must not contain a colon: Basic Auth ends the login there' });
  for (const [field, text] of Object.entries(basicAuth))
    if (text !== undefined && hasControlCharacter(text))
      errors.push({ path: `basicAuth.${field}`, message: 'must not contain control characters: remove the tab or line break' });
  return errors;
}

function validateParams({ requestParams, httpType }: CallbackRequestInput): FieldError[] {
  const errors: FieldError[] = [];
  const names = requestParams.map(({ name }) => name);
  if (httpType === 'POST_JSON') {
    const shape = jsonShape(names);
    if (!shape.ok) errors.push(...shape.conflicts.map(({ index, message }) => ({ path: `requestParams.${index}.name`, message })));
  }
  requestParams.forEach(({ name, value, type, secret }, index) => {
    const path = `requestParams.${index}`;
    const first = names.indexOf(name);
    if (httpType !== 'POST_JSON' && first !== index && requestParams.some((param) => param.name === name && param.secret))
      errors.push({
        path: `${path}.name`,
        message: `"${name}" is a secret and is there twice: a secret is kept by its name, so rename one`,
      });
    const inName = compileTemplate(name, AS_TEXT);
    if (!inName.ok || inName.template.macros.length > 0)
      errors.push({ path: `${path}.name`, message: 'must not contain a macro: macros go in the value' });
    if (value === undefined) {
      if (!secret) errors.push({ path: `${path}.value`, message: 'is required: only a secret can be left out to keep it' });
      return;
    }
    const compiled = httpType === 'POST_JSON' ? compileJsonValue(value, type) : compileTemplate(value, AS_TEXT);
    if (!compiled.ok) errors.push(...compiled.faults.map((message) => ({ path: `${path}.value`, message })));
  });
  return errors;
}
