import { types } from 'node:util';
import pg from 'pg';
import type { Logger } from './logger.js';
import { ExplainingClient } from './postgres-client.js';
import { showPool, type Registry } from './metrics.js';

export interface PoolOptions {
  /** Most connections of this pool. */
  readonly max: number;
  readonly applicationName: string;
  readonly logger: Logger;
  /** Where its connections are shown, under `applicationName`. */
  readonly metrics?: Registry;
  /** A statement that takes longer is cancelled by the server, in ms. Default 5 s: a caller waits for the answer. */
  readonly statementTimeoutMs?: number;
  /** Longest wait for a connection, in ms. Default 3 s. */
  readonly connectionTimeoutMs?: number;
}

/**
 * A pool that outlives its server: broken idle connections are dropped and logged, never thrown.
 * A server that hangs is noticed: beyond the server's own `statement_timeout`, the client gives up 1 s later.
 */
export function createPool(databaseUrl: string, options: PoolOptions): pg.Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? 5_000;
  const pool = new pg.Pool({
    Client: ExplainingClient,
    connectionString: databaseUrl,
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectionTimeoutMs ?? 3_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    idle_in_transaction_session_timeout: 60_000,
  });
  pool.on('error', (error) => options.logger.warn({ error }, 'an idle database connection broke'));
  // A connection that breaks while it is checked out emits too, and must not take the process down: its query rejects anyway.
  pool.on('connect', (client) => client.on('error', () => undefined));
  if (options.metrics !== undefined) showPool(options.metrics, options.applicationName, () => pool);
  return pool;
}

/** SQLSTATE classes and codes that mean "the server is away or refuses for now" (PostgreSQL, appendix A). */
const AWAY_SQLSTATE = /^(08|57P0[1-5]|53|25006|57014|55P03|40001|40P01)/;
const AWAY_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);
/** node-postgres and pg-pool have no codes for these. */
const AWAY_MESSAGE =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed and is not queryable|Cannot use a pool after calling end/;

/** @returns whether the error means that the database is away (so: wait and try again, or answer 503), not that the statement is wrong. */
export function isDatabaseAway(error: unknown): boolean {
  // Not `instanceof`: under jest, errors of Node's own modules come from another realm than the specs' `Error`.
  if (!types.isNativeError(error)) return false;
  const { errors } = error as { errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isDatabaseAway);
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && (AWAY_SQLSTATE.test(code) || AWAY_SYSTEM.has(code))) return true;
  if (AWAY_MESSAGE.test(error.message)) return true;
  const inner = (error as { driverError?: unknown }).driverError ?? error.cause;
  return inner !== undefined && inner !== error && isDatabaseAway(inner);
}

/**
 * Runs `work` in one transaction on one connection; rolls back when it throws. A connection that broke, or does not answer, is closed at
 * once (which rolls back too), so that the caller does not wait for a server that is away.
 */
export async function inTransaction<Result>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    broken = isConnectionBroken(error);
    if (!broken) {
      await client.query('rollback').catch(() => {
        broken = true;
      });
    }
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Conflicts and refusals come over a connection that works; what else means "away" came of one that does not. */
function isConnectionBroken(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return isDatabaseAway(error) && !(typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P0)/.test(code));
}
