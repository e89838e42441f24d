import { readFileSync } from 'node:fs';
import { z } from 'zod';

const MODES = ['disable', 'verify-full'];
const FILES = ['sslrootcert', 'sslcert', 'sslkey'] as const;

/**
 * `postgres://user:password@host:5432/database`, with what libpq understands of TLS: `?sslmode=verify-full&sslrootcert=/ca.pem`, and
 * `sslcert`, `sslkey` where the server asks who the client is. Only modes are taken that mean the same to libpq and to node-postgres: that
 * verifies under `require` and `verify-ca` as well, and says that its next version will not.
 */
export const databaseUrl = z
  .url({ protocol: /^postgres(ql)?$/, message: 'must be a URL such as postgres://user:password@host:5432/database' })
  .superRefine((text, context) => {
    if (!URL.canParse(text)) return;
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
    const { searchParams } = new URL(text);
    const mode = searchParams.get('sslmode');
    if (mode !== null && !MODES.includes(mode))
      refuse(`sslmode=${mode} is not taken: say verify-full, with sslrootcert=<PEM file> where the authority is your own, or disable`);
    if (searchParams.has('ssl') || searchParams.has('uselibpqcompat'))
      refuse('ssl and uselibpqcompat are not taken: say sslmode=verify-full or sslmode=disable');
    if (mode !== 'verify-full' && FILES.some((file) => searchParams.has(file)))
      refuse('sslrootcert, sslcert and sslkey need sslmode=verify-full beside them');
    if (searchParams.has('sslcert') !== searchParams.has('sslkey')) refuse('sslcert and sslkey go together: give both or none');
    for (const file of FILES) {
      const path = searchParams.get(file);
      if (path === null) continue;
      try {
        readFileSync(path);
      } catch (error) {
        refuse(`${file}=${path} cannot be read (${(error as NodeJS.ErrnoException).code}): give the path of a PEM file`);
      }
    }
  })
  .describe('the PostgreSQL database');
