import { problem } from '@ringback/service-runtime';
import type pg from 'pg';
import { allowsAll, type Caller } from './permissions.js';

/** @throws {ProblemError} 422 when there is no such role, or it allows what the caller may not do. @returns what it allows */
export async function requireGrantable(client: pg.ClientBase, caller: Caller, role: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; permissions: string[] }>('select name, permissions from gateway.role order by name');
  const found = rows.find(({ name }) => name === role);
  if (found === undefined)
    throw problem.unprocessable([{ path: 'role', message: `must be one of ${rows.map(({ name }) => name).join(', ')}` }]);
  if (!allowsAll(caller, found.permissions))
    throw problem.unprocessable([{ path: 'role', message: `allows more than your own role "${caller.role}": ask an admin` }]);
  return found.permissions;
}
