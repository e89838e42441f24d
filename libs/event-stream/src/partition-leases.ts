import pg from 'pg';

/** A row of `intake_progress`, as its owner gets it. */
export interface LeaseRow {
  readonly partition: number;
  readonly epoch: number;
  readonly nextOffset: number;
}

export interface LeaseQuery {
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly topic: string;
  /** Who asks. Two processes must never have the same one at once: the later would take the earlier one's partitions. */
  readonly instanceId: string;
  /** After this long the query is given up, its connection too. */
  readonly timeoutMs: number;
}

/** How far the messages of a partition are recorded: everything below `nextOffset`. `epoch` is the lease's. */
export interface ProgressMove {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  readonly nextOffset: number;
}

/**
 * Takes those of the given partitions that are free, expired or already this instance's (a former life of it); in one statement.
 * Partitions that are another's are neither touched nor locked.
 * @returns the rows taken, each with its new epoch
 */
export async function acquireLeases(q: LeaseQuery, partitions: readonly number[], leaseMs: number): Promise<LeaseRow[]> {
  return run(
    q,
    `insert into ${table(q.schema)} as p (topic, partition, owner, epoch, lease_until)
     select $1, wanted.partition, $2, 1, now() + $4 * interval '1 millisecond'
     from unnest($3::int[]) as wanted (partition)
     where not exists (
       select from ${table(q.schema)} held
       where held.topic = $1 and held.partition = wanted.partition and held.owner <> $2 and held.lease_until >= now())
     order by wanted.partition
     on conflict (topic, partition) do update
     set owner = excluded.owner, epoch = p.epoch + 1, lease_until = excluded.lease_until, updated_at = now()
     where p.owner is null or p.owner = excluded.owner or p.lease_until < now()
     returning p.partition, p.epoch, p.next_offset`,
    [q.topic, q.instanceId, partitions, leaseMs],
  );
}

/**
 * Renews all the given leases in one statement. A lease that ran out but was taken by nobody is still its owner's and is renewed too.
 * @returns the rows that are still this instance's under the same epoch; the others have another owner
 */
export async function renewLeases(
  q: LeaseQuery,
  leases: readonly { partition: number; epoch: number }[],
  leaseMs: number,
): Promise<LeaseRow[]> {
  return run(
    q,
    `with held as materialized (
       select p.topic, p.partition, p.epoch
       from ${table(q.schema)} p
       join unnest($3::int[], $4::bigint[]) as l (partition, epoch) on l.partition = p.partition and l.epoch = p.epoch
       where p.topic = $1 and p.owner = $2
       order by p.topic, p.partition
       for no key update of p)
     update ${table(q.schema)} p
     set lease_until = now() + $5 * interval '1 millisecond', updated_at = now()
     from held
     where p.topic = held.topic and p.partition = held.partition and p.epoch = held.epoch and p.owner = $2
     returning p.partition, p.epoch, p.next_offset`,
    [q.topic, q.instanceId, leases.map((lease) => lease.partition), leases.map((lease) => lease.epoch), leaseMs],
  );
}

/** Lets a partition go, so that the next owner need not wait for the lease to run out. @returns its row, or none if it was not ours any more */
export async function releaseLease(q: LeaseQuery, lease: { partition: number; epoch: number }): Promise<LeaseRow[]> {
  return run(
    q,
    `update ${table(q.schema)}
     set owner = null, updated_at = now()
     where topic = $1 and partition = $2 and owner = $3 and epoch = $4
     returning partition, epoch, next_offset`,
    [q.topic, lease.partition, q.instanceId, lease.epoch],
  );
}

/**
 * Moves the progress of partitions, inside the caller's transaction; in one statement, rows locked in key order. Fenced by owner and
 * epoch: the row stays locked until the caller commits, so nobody can take the partition in between. Whether the lease has run out does
 * not matter: a partition that nobody took is still its owner's. Progress never goes back.
 * @returns the moves that were refused, since the partition has another owner
 */
export async function moveProgress(
  client: pg.ClientBase,
  schema: string,
  instanceId: string,
  moves: readonly ProgressMove[],
): Promise<ProgressMove[]> {
  if (moves.length === 0) return [];
  const { rows } = await client.query<{ topic: string; partition: number; epoch: string }>(
    `with moves as materialized (
       select topic, partition, epoch, max(next_offset) as next_offset
       from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[]) as m (topic, partition, epoch, next_offset)
       group by topic, partition, epoch),
     held as materialized (
       select p.topic, p.partition, p.epoch
       from ${table(schema)} p
       join moves m on m.topic = p.topic and m.partition = p.partition and m.epoch = p.epoch
       where p.owner = $1
       order by p.topic, p.partition
       for no key update of p)
     update ${table(schema)} p
     set next_offset = greatest(p.next_offset, m.next_offset), updated_at = now()
     from held
     join moves m on m.topic = held.topic and m.partition = held.partition and m.epoch = held.epoch
     where p.topic = held.topic and p.partition = held.partition and p.epoch = held.epoch and p.owner = $1
     returning p.topic, p.partition, p.epoch`,
    [
      instanceId,
      moves.map((move) => move.topic),
      moves.map((move) => move.partition),
      moves.map((move) => move.epoch),
      moves.map((move) => move.nextOffset),
    ],
  );
  const moved = new Set(rows.map((row) => `${row.partition} ${row.epoch} ${row.topic}`));
  return moves.filter((move) => !moved.has(`${move.partition} ${move.epoch} ${move.topic}`));
}

async function run(q: LeaseQuery, text: string, values: unknown[]): Promise<LeaseRow[]> {
  // pg's own option, missing from its types: the promise rejects after this time and the pool closes the connection.
  const query = { text, values, query_timeout: q.timeoutMs };
  const { rows } = await q.pool.query<{ partition: number; epoch: string; next_offset: string }>(query);
  return rows.map((row) => ({ partition: row.partition, epoch: Number(row.epoch), nextOffset: Number(row.next_offset) }));
}

function table(schema: string): string {
  return `${pg.escapeIdentifier(schema)}.intake_progress`;
}
