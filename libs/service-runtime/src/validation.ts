import type { PipeTransform } from '@nestjs/common';
import { fieldErrors } from '@ringback/contracts';
import type { z } from 'zod';
import { ProblemError, problem } from './problem-error.js';

class SchemaPipe<Schema extends z.ZodType> implements PipeTransform<unknown, z.output<Schema>> {
  constructor(
    private readonly schema: Schema,
    private readonly refuse: (error: z.ZodError) => ProblemError,
  ) {}

  transform(value: unknown): z.output<Schema> {
    const parsed = this.schema.safeParse(value);
    if (!parsed.success) throw this.refuse(parsed.error);
    return parsed.data;
  }
}

/** `@Body(body(schema))`: 422 naming each field that does not fit. */
export function body<Schema extends z.ZodType>(schema: Schema): PipeTransform<unknown, z.output<Schema>> {
  return new SchemaPipe(schema, (error) => problem.unprocessable(fieldErrors(error)));
}

/** `@Query(query(schema))`: 422 naming each parameter that does not fit. */
export function query<Schema extends z.ZodType>(schema: Schema): PipeTransform<unknown, z.output<Schema>> {
  return new SchemaPipe(schema, (error) => problem.unprocessable(fieldErrors(error)));
}

/** `@Param('offerId', param('offerId', schema))`: what is no id names nothing, so 404. */
export function param<Schema extends z.ZodType>(name: string, schema: Schema): PipeTransform<unknown, z.output<Schema>> {
  return new SchemaPipe(
    schema,
    (error) => new ProblemError(404, `${name} names nothing here`, { errors: fieldErrors(error, name), cause: error }),
  );
}
