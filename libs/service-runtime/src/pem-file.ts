import { readFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * A setting that is the path of a PEM file; its value is the file's text.
 * @param check throws when the text is not what is wanted
 */
export function pemFile(check: (pem: string) => void) {
  return z.string().transform((path, context) => {
    try {
      const pem = readFileSync(path, 'utf8');
      check(pem);
      return pem;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'there is no such file' : message;
      context.addIssue({ code: 'custom', message: `"${path}" cannot be used (${why}): give the path of a PEM file` });
      return z.NEVER;
    }
  });
}
