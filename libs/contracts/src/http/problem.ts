import { z } from 'zod';

/** A problem (RFC 9457), with the fields it is about. `path` is dotted as in the body: `requestParams.0.value`. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  requestId: z.string().optional(),
  /** Beside a 412: what the thing is now, as reading it answers; its tag is the answer's ETag. */
  current: z.record(z.string(), z.unknown()).optional(),
});
export type Problem = z.infer<typeof problemSchema>;
export type FieldError = NonNullable<Problem['errors']>[number];

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** @returns a zod error as a problem's `errors`: the first complaint about each path. */
export function fieldErrors(error: z.ZodError, prefix = ''): FieldError[] {
  const byPath = new Map<string, FieldError>();
  for (const issue of error.issues) {
    const path = [prefix, ...issue.path.map(String)].filter((part) => part !== '').join('.');
    const found =
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ path: path === '' ? key : `${path}.${key}`, message: 'is not a field here: remove it' }))
        : [{ path, message: issue.message }];
    for (const fieldError of found) if (!byPath.has(fieldError.path)) byPath.set(fieldError.path, fieldError);
  }
  return [...byPath.values()];
}
