import { deadLetterIdSchema, fieldErrors, idSchema, uuidSchema } from '@ringback/contracts';
import { ProblemError } from '@ringback/service-runtime';
import { z } from 'zod';

/** Digits only: `Number` would also take "1e3", "0x1" and " 1". */
const id = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, 'must be a positive integer')
  .transform(Number)
  .pipe(idSchema);

const oneTimeToken = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be a token as its link has it');

/** Every parameter that stands in a path, by its name. */
export const PATH_PARAMETERS: Readonly<
  Record<string, { readonly schema: z.ZodType; readonly document: z.ZodType; readonly description: string }>
> = {
  affiliateId: { schema: id, document: idSchema, description: 'Id of an affiliate.' },
  offerId: { schema: id, document: idSchema, description: 'Id of an offer.' },
  goalId: { schema: id, document: idSchema, description: 'Id of a goal of the offer.' },
  callbackId: { schema: id, document: idSchema, description: 'Id of a callback of the offer.' },
  version: { schema: id, document: idSchema, description: 'A version of the callback: 1, 2, 3…' },
  conversionId: { schema: uuidSchema, document: uuidSchema, description: 'Id of a conversion.' },
  deliveryId: { schema: uuidSchema, document: uuidSchema, description: 'Id of a delivery.' },
  deadLetterId: { schema: deadLetterIdSchema, document: deadLetterIdSchema, description: 'Id of a dead letter.' },
  redeliveryId: { schema: uuidSchema, document: uuidSchema, description: 'Id of a redelivery.' },
  userId: { schema: id, document: idSchema, description: 'Id of a user.' },
  keyId: { schema: id, document: idSchema, description: 'Id of an API key.' },
  token: { schema: oneTimeToken, document: oneTimeToken, description: 'A one-time token, from its link.' },
  pauseId: { schema: id, document: idSchema, description: 'Id of a pause.' },
};

/** @returns the names of the parameters in a path, in order. */
export function parametersIn(path: string): string[] {
  return [...path.matchAll(/:([A-Za-z]+)/g)].map((match) => match[1]!);
}

/** @returns the parameters, checked, as text. @throws {ProblemError} 404: what is no id names nothing. */
export function readPathParameters(path: string, given: unknown): Record<string, string> {
  return Object.fromEntries(
    parametersIn(path).map((name) => {
      const parsed = PATH_PARAMETERS[name]!.schema.safeParse((given as Record<string, unknown>)[name]);
      if (!parsed.success)
        throw new ProblemError(404, `${name} names nothing here`, { errors: fieldErrors(parsed.error, name), cause: parsed.error });
      return [name, String(parsed.data)];
    }),
  );
}

/** @returns the path with its parameters filled in. */
export function fillPath(path: string, parameters: Readonly<Record<string, string>>): string {
  return path.replace(/:([A-Za-z]+)/g, (_, name: string) => encodeURIComponent(parameters[name]!));
}
