import type { OneTimeToken, Page, User, userPatchSchema } from '@ringback/contracts';
import { inTransaction, problem } from '@ringback/service-runtime';
import type pg from 'pg';
import type { z } from 'zod';
import { normaliseEmail } from '../access/accounts.store.js';
import type { Caller } from '../access/permissions.js';
import { requireGrantable } from '../access/roles.store.js';
import { requireMatch } from '../http/etag.js';
import { afterCursor, page } from '../http/paging.js';
import { endSessions } from '../sessions/sessions.service.js';
import { makeOneTimeToken } from './one-time-tokens.js';

interface UserRow {
  id: number;
  email: string;
  role: string;
  status: User['status'];
  last_sign_in_at: Date | null;
  version: number;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = 'id, email, role, status, last_sign_in_at, version, created_at, updated_at';

/** Users: invited, given roles, disabled. There is always an active one who may do everything. */
export class Users {
  constructor(
    private readonly pool: pg.Pool,
    private readonly now: () => number,
  ) {}

  async list({ limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<Page<User>> {
    const { rows } = await this.pool.query<UserRow>(`select ${COLUMNS} from gateway.user_account where id > $1 order by id limit $2`, [
      afterCursor(cursor),
      limit + 1,
    ]);
    return page(rows.map(view), limit);
  }

  /** @throws {ProblemError} 404 */
  async read(id: number): Promise<User> {
    return view(await find(this.pool, id));
  }

  /** @throws {ProblemError} 409 when the address has an account, 422 */
  invite(caller: Caller, input: { email: string; role: string }): Promise<User & { invitation: OneTimeToken }> {
    return inTransaction(this.pool, async (client) => {
      await requireGrantable(client, caller, input.role);
      const { rows } = await client.query<UserRow>(
        `insert into gateway.user_account (email, role, status) values ($1, $2, 'invited') on conflict (email) do nothing returning ${COLUMNS}`,
        [normaliseEmail(input.email), input.role],
      );
      if (rows[0] === undefined)
        throw problem.conflict('there is a user with this address', [{ path: 'email', message: 'belongs to a user already' }]);
      const user = view(rows[0]);
      return { ...user, invitation: await this.#token(client, caller, user) };
    });
  }

  /** @returns a token to set the password with: an invitation for who has none yet. @throws {ProblemError} 404, 409 for a disabled user */
  makeToken(caller: Caller, id: number): Promise<OneTimeToken> {
    return inTransaction(this.pool, async (client) => {
      const user = view(await find(client, id, 'for update'));
      await requireGrantable(client, caller, user.role);
      if (user.status === 'disabled') throw problem.conflict(`user ${id} is disabled: enable them first`);
      return this.#token(client, caller, user);
    });
  }

  /**
   * @throws {ProblemError} 404, 412; 409 for a change of one's own role or status, for one that would leave nobody who may do everything,
   *   and for enabling who has no password yet; 422 for a role that does not exist, or allows more than the caller's
   */
  patch(caller: Caller, id: number, patch: z.infer<typeof userPatchSchema>, ifMatch?: string): Promise<User> {
    return inTransaction(this.pool, async (client) => {
      // One at a time, so that two admins cannot demote each other at once.
      await client.query(`select pg_advisory_xact_lock(hashtextextended('ringback:gateway:users', 0))`);
      const row = await find(client, id, 'for update');
      requireMatch(ifMatch, row.version, () => view(row));
      const role = patch.role ?? row.role;
      const status = patch.status ?? row.status;
      if (role === row.role && status === row.status) return view(row);
      if (caller.kind === 'user' && caller.id === id)
        throw problem.conflict('nobody changes their own role or status: ask another admin, so that nobody locks themselves out');
      await requireGrantable(client, caller, row.role);
      await requireGrantable(client, caller, role);
      const changed = await client.query<UserRow>(
        `update gateway.user_account set role = $2, version = version + 1, updated_at = now(),
           status = case when $3 = 'active' and password_hash is null then 'invited' else $3 end
         where id = $1 returning ${COLUMNS}`,
        [id, role, status],
      );
      await requireAnAdmin(client);
      if (status === 'disabled') await endSessions(client, 'the user was disabled', { userId: id }, this.now());
      return view(changed.rows[0]!);
    });
  }

  #token(client: pg.ClientBase, caller: Caller, user: User): Promise<OneTimeToken> {
    const purpose = user.status === 'invited' ? 'invitation' : 'password-reset';
    return makeOneTimeToken(client, { userId: user.id, purpose, createdBy: caller.name, nowMs: this.now() });
  }
}

async function find(client: Pick<pg.ClientBase, 'query'>, id: number, lock: '' | 'for update' = ''): Promise<UserRow> {
  const { rows } = await client.query<UserRow>(`select ${COLUMNS} from gateway.user_account where id = $1 ${lock}`, [id]);
  if (rows[0] === undefined) throw problem.notFound(`user ${id}`);
  return rows[0];
}

async function requireAnAdmin(client: pg.ClientBase): Promise<void> {
  const { rowCount } = await client.query(
    `select from gateway.user_account u join gateway.role r on r.name = u.role where u.status = 'active' and '*' = any(r.permissions) limit 1`,
  );
  if (rowCount === 0) throw problem.conflict('this is the last active admin: make another one first');
}

function view(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    status: row.status,
    lastSignInAt: row.last_sign_in_at?.toISOString() ?? null,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
