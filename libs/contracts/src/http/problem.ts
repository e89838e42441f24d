import { z } from 'zod';

/** A problem (RFC 9457), with the fields it is about. `path` is dotted as in the body: `requestParams.0.value`. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  requestId: z.string().optional(),
});
export type Problem = z.infer<typeof problemSchema>;
export type FieldError = NonNullable<Problem['errors']>[number];

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** @returns a zod error's issues as a problem's `errors`. */
export function fieldErrors(error: z.ZodError, prefix = ''): FieldError[] {
  return error.issues.flatMap((issue) => {
    const path = [prefix, ...issue.path.map(String)].filter((part) => part !== '').join('.');
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: path === '' ? key : `${path}.${key}`, message: 'is not a field here: remove it' }));
    return [{ path, message: issue.message }];
  });
}
