import { inForceShape } from '@ringback/contracts';
import { z } from 'zod';
import type { EndpointAnswer } from '../http/endpoint.js';
import { exampleOf } from './schema-examples.js';

const notYetInForce = 'Stored, but Kafka has not taken it within 3 s: it will be in force, for what arrives from then on.';

/** The answers of a change that makes or edits `schema`: in force (200 or 201), or stored only (202). */
export function changeAnswers(status: 200 | 201, schema: z.ZodType): Record<number, EndpointAnswer> {
  const headers = status === 201 ? (['ETag', 'Location'] as const) : (['ETag'] as const);
  return {
    [status]: {
      description: 'In force: it holds for every conversion that arrives from now on.',
      schema,
      headers,
    },
    202: {
      description: notYetInForce,
      schema: z.intersection(schema, z.object(inForceShape)),
      headers,
      example: { ...(exampleOf(schema) as object), inForce: false },
    },
  };
}

/** The answers of a deletion. */
export const deletionAnswers: Record<number, EndpointAnswer> = {
  204: { description: 'Deleted, in force.', schema: null },
  202: { description: notYetInForce, schema: z.object(inForceShape), example: { inForce: false } },
};
