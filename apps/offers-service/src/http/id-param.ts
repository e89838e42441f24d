import type { PipeTransform } from '@nestjs/common';
import { idSchema } from '@ringback/contracts';
import { param } from '@ringback/service-runtime';
import { z } from 'zod';

/** Digits only: `Number` would also read "1e3", "0x10" and " 7 ". */
const idInPath = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, 'must be an integer above 0')
  .transform(Number)
  .pipe(idSchema);

/** An integer id, or a version, in the path. What is none names nothing: 404. */
export function idParam(name: string): PipeTransform<unknown, number> {
  return param(name, idInPath);
}
