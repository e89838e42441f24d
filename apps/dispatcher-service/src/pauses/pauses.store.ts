import type pg from 'pg';
import { MAX_PAUSES, type Pause, type PauseScope } from '@ringback/contracts';

const COLUMNS = `id, scope::text as scope, key, reason, created_by, created_at`;

/** Counted without a lock: two requests at once may go one above the limit, which is there to bound memory and nothing else. */
const INSERT = `
  insert into dispatcher.pause (scope, key, reason, created_by, created_at)
  select $1::dispatcher.pause_scope, $2, $3, $4, to_timestamp($5::float8 / 1000)
  where (select count(*) from dispatcher.pause) < $6
  on conflict (scope, key) do nothing
  returning ${COLUMNS}`;

const FIND = `select ${COLUMNS} from dispatcher.pause where scope = $1::dispatcher.pause_scope and key = $2`;

const LIST = `select ${COLUMNS} from dispatcher.pause where id < $1::bigint order by id desc limit $2`;

const DELETE = `delete from dispatcher.pause where id = $1`;

/** Above every id: PostgreSQL's `integer` ends one below. */
const ABOVE_ALL_IDS = 2_147_483_648;

export interface PauseRow {
  readonly id: number;
  readonly scope: PauseScope;
  /** Empty for `all`. */
  readonly key: string;
  readonly reason: string | null;
  readonly created_by: string;
  readonly created_at: Date;
}

export interface NewPause {
  readonly scope: PauseScope;
  /** As dispatchers compare it; empty for `all`. */
  readonly key: string;
  readonly reason: string | null;
  readonly createdBy: string;
}

export type PauseOutcome =
  | { readonly kind: 'paused'; readonly pause: Pause }
  /** It stands already, under whatever reason it was given then. */
  | { readonly kind: 'paused-before'; readonly pause: Pause }
  | { readonly kind: 'too-many' };

export interface PausesStoreOptions {
  readonly pool: pg.Pool;
  readonly now: () => number;
  /** Called after each change, so that this process need not wait for its next look. */
  readonly onChanged: () => void;
}

/** What admins paused. Dispatchers read it with their look; this process at once, by `onChanged`. */
export class PausesStore {
  constructor(private readonly options: PausesStoreOptions) {}

  async add({ scope, key, reason, createdBy }: NewPause): Promise<PauseOutcome> {
    const { pool, now, onChanged } = this.options;
    for (;;) {
      const inserted = await pool.query<PauseRow>(INSERT, [scope, key, reason, createdBy, now(), MAX_PAUSES]);
      if (inserted.rows[0] !== undefined) {
        onChanged();
        return { kind: 'paused', pause: toPause(inserted.rows[0]) };
      }
      const found = await pool.query<PauseRow>(FIND, [scope, key]);
      if (found.rows[0] !== undefined) return { kind: 'paused-before', pause: toPause(found.rows[0]) };
      const counted = await pool.query<{ count: string }>('select count(*) as count from dispatcher.pause');
      // Else it was deleted in between, and can be made now.
      if (Number(counted.rows[0]!.count) >= MAX_PAUSES) return { kind: 'too-many' };
    }
  }

  /** @returns pauses below the id `before` (null: all), newest first. */
  async list(before: number | null, limit: number): Promise<Pause[]> {
    const { rows } = await this.options.pool.query<PauseRow>(LIST, [before ?? ABOVE_ALL_IDS, limit]);
    return rows.map(toPause);
  }

  /** @returns false when there is none of this id. */
  async remove(id: number): Promise<boolean> {
    const { rowCount } = await this.options.pool.query(DELETE, [id]);
    if (rowCount === 0) return false;
    this.options.onChanged();
    return true;
  }
}

function toPause(row: PauseRow): Pause {
  return {
    id: row.id,
    scope: row.scope,
    key: row.key === '' ? null : row.key,
    reason: row.reason,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  };
}
