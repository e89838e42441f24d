import type { Conversion } from '@ringback/contracts';
import { MACROS, type DetailField } from './macro-catalogue.js';

/**
 * The fields of a conversion that may tell who a person is: those whose macro the catalogue flags, and `params`, which may hold anything.
 * The affiliate's and the advertiser's own parameters (`sub1`…, `adv1`…) and ids of clicks and transactions are not flagged: they name
 * traffic, and are no place for personal data.
 */
export const PERSONAL_FIELDS: readonly (DetailField | 'params')[] = [
  ...MACROS.flatMap(({ pii, field }) => (pii && field !== undefined ? [field] : [])),
  'params',
];

/** @returns the conversion without its personal fields, with the time when they were erased. */
export function withoutPersonalFields(conversion: Conversion, erasedAt: string): Conversion {
  const erased: Conversion = { ...conversion, erasedAt };
  for (const field of PERSONAL_FIELDS) delete erased[field as 'params'];
  return erased;
}
