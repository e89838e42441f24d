import type { AuditEntry, AuditFilter, Page } from '@ringback/contracts';
import type pg from 'pg';
import { cursorPosition, page } from '../http/paging.js';
import type { Origin } from '../sessions/origin.js';

/** That something was asked for. Bodies without secrets. */
export interface AuditIntent extends Origin {
  readonly actor: AuditEntry['actor'];
  readonly action: string;
  readonly subject: string;
  readonly requestId: string;
  /** JSON, or null. */
  readonly request: string | null;
}

/** What came of it. */
export interface AuditOutcome {
  readonly status: number;
  /** What was made, where it has a place now. */
  readonly subject: string | null;
  readonly before: string | null;
  readonly after: string | null;
}

const OPEN = `
  insert into gateway.audit_entry (actor_kind, actor_id, actor, action, subject, address, user_agent, request_id, request)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`;

const CLOSE = `insert into gateway.audit_outcome (entry_id, status, subject, before, after) values ($1, $2, $3, $4, $5)`;

/** Filters that are null do not count. A subject is found with all that is below it. */
const LIST = `
  select e.id::float8 as id, e.at, e.actor_kind, e.actor_id, e.actor, e.action, coalesce(o.subject, e.subject) as subject, e.address,
    e.user_agent, e.request_id, e.request, o.status, o.before, o.after
  from gateway.audit_entry e left join gateway.audit_outcome o on o.entry_id = e.id
  where e.id < $1::float8
    and ($2::text is null or e.actor = $2)
    and ($3::text is null or e.action = $3)
    and ($4::text is null or e.subject = $4 or e.subject like $5 or o.subject = $4 or o.subject like $5)
    and ($6::timestamptz is null or e.at >= $6)
    and ($7::timestamptz is null or e.at < $7)
  order by e.id desc limit $8`;

/** Above every id that there will be. */
const ABOVE_ALL_IDS = Number.MAX_SAFE_INTEGER;
/** Rows read at a time for an export: some MB at most. */
const EXPORT_ROWS = 200;

interface EntryRow {
  id: number;
  at: Date;
  actor_kind: AuditEntry['actor']['kind'];
  actor_id: number | null;
  actor: string;
  action: string;
  subject: string;
  address: string;
  user_agent: string;
  request_id: string;
  request: unknown;
  status: number | null;
  before: unknown;
  after: unknown;
}

/** The audit log: appended and read, nothing else; the database refuses the rest. */
export class AuditLog {
  constructor(private readonly pool: pg.Pool) {}

  /** Before anything is done. @returns the entry's id */
  async open(intent: AuditIntent): Promise<number> {
    const { actor, action, subject, address, userAgent, requestId, request } = intent;
    const { rows } = await this.pool.query<{ id: string }>(OPEN, [
      actor.kind,
      actor.id,
      actor.name,
      action,
      subject,
      address,
      userAgent,
      requestId,
      request,
    ]);
    return Number(rows[0]!.id);
  }

  /** Once its outcome is known. */
  async close(id: number, { status, subject, before, after }: AuditOutcome): Promise<void> {
    await this.pool.query(CLOSE, [id, status, subject, before, after]);
  }

  /** What is over when it is written. */
  async record(intent: AuditIntent, status: number): Promise<void> {
    await this.close(await this.open(intent), { status, subject: null, before: null, after: null });
  }

  /** The newest first. @throws {ProblemError} 422 for a cursor that no list handed out */
  async list(filter: AuditFilter, { limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<Page<AuditEntry>> {
    return page(await this.#read(filter, cursorPosition(cursor) ?? ABOVE_ALL_IDS, limit + 1), limit);
  }

  /** All of it, the newest first, a JSON object a line; read as fast as it is taken. */
  async *lines(filter: AuditFilter): AsyncGenerator<string> {
    for (let below = ABOVE_ALL_IDS; ;) {
      const entries = await this.#read(filter, below, EXPORT_ROWS);
      if (entries.length === 0) return;
      yield entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
      below = entries.at(-1)!.id;
    }
  }

  async #read({ actor, action, subject, from, to }: AuditFilter, below: number, limit: number): Promise<AuditEntry[]> {
    const { rows } = await this.pool.query<EntryRow>(LIST, [
      below,
      actor ?? null,
      action ?? null,
      subject ?? null,
      subject === undefined ? null : `${subject.replace(/[\\%_]/g, '\\$&')}/%`,
      from ?? null,
      to ?? null,
      limit,
    ]);
    return rows.map(toEntry);
  }
}

function toEntry(row: EntryRow): AuditEntry {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor },
    action: row.action,
    subject: row.subject,
    address: row.address,
    userAgent: row.user_agent,
    requestId: row.request_id,
    request: row.request,
    outcome: outcomeOf(row.status),
    status: row.status,
    before: row.before,
    after: row.after,
  };
}

function outcomeOf(status: number | null): AuditEntry['outcome'] {
  if (status === null) return 'unknown';
  if (status < 400) return 'done';
  return status < 500 ? 'refused' : 'failed';
}
