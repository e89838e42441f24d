import { validateCallback } from '@ringback/callbacks';
import type { CallbackPatch, FieldError } from '@ringback/contracts';
import type { CallbackContent } from './callback-content.js';

/**
 * @param open the content as it is to be
 * @param edit what an admin wrote to make it so: secrets in it may be quoted to their author, stored ones must not be
 * @returns what is wrong with the request that the content describes: macros, names, values, headers (`@ringback/callbacks` has the rules).
 */
export function checkMeaning(open: CallbackContent, edit: Pick<CallbackPatch, 'requestParams' | 'requestHeaders'> = {}): FieldError[] {
  const { url, httpType, basicAuth, requestParams, requestHeaders } = open;
  return validateCallback({ url, httpType, basicAuth, requestParams, requestHeaders }).map((error) => {
    const [, list, index] = VALUE_PATH.exec(error.path) ?? [];
    if (list === undefined) return error;
    const isSecret = open[list as ValueList][Number(index)]?.secret === true;
    const isWritten = edit[list as ValueList]?.[Number(index)]?.value !== undefined;
    return isSecret && !isWritten ? { path: error.path, message: 'no longer fits as it is stored: give the value again' } : error;
  });
}

type ValueList = 'requestParams' | 'requestHeaders';
const VALUE_PATH = /^(requestParams|requestHeaders)\.(\d+)\.value$/;
