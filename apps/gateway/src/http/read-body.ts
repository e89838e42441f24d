import { fieldErrors } from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import type { z } from 'zod';
import type { JsonBody } from './json-body.js';

/** @returns the body of a route that the gateway serves itself. @throws {ProblemError} 422 naming each field that does not fit. */
export function readBody<Schema extends z.ZodType>(schema: Schema, body: JsonBody | undefined): z.output<Schema> {
  const parsed = schema.safeParse(body?.value);
  if (!parsed.success) throw problem.unprocessable(fieldErrors(parsed.error));
  return parsed.data;
}
