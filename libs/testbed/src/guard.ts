import { spawn, type ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processIdentity } from './process-identity.js';

/** Lower goes first: services (in steps of their own), then Kafka, then PostgreSQL. */
export type StopOrder = number;
export const KAFKA_STOPS = 100;
export const POSTGRES_STOPS = 101;

/**
 * The guard is one small process that outlives this one just long enough to stop what this one started: it holds the reading end of a
 * pipe, and the pipe closes however this process ends, by SIGKILL too.
 */
let guard: ChildProcess | null = null;

/** From now on the process is stopped when this process ends. */
export function protect(pid: number, o: { name: string; signal: NodeJS.Signals; order: StopOrder }): void {
  tell({ add: { pid, identity: processIdentity(pid), ...o } });
}

/** The process ended: its pid may become another's. */
export function unprotect(pid: number): void {
  if (guard !== null) tell({ remove: pid });
}

function tell(message: unknown): void {
  guard ??= startGuard();
  guard.stdin?.write(`${JSON.stringify(message)}\n`);
}

function startGuard(): ChildProcess {
  // Sources run by jest: Node strips the types of this one self-contained file itself.
  const script = fileURLToPath(new URL(`./guard-main${extname(import.meta.url)}`, import.meta.url));
  const started = spawn(process.execPath, ['--no-warnings', script], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env['PATH'] },
  });
  started.once('exit', () => {
    if (guard === started) guard = null;
  });
  // EPIPE when the guard was killed: then nothing guards, and a start on the same folder cleans up by the pids it kept.
  started.stdin?.on('error', () => undefined);
  started.unref();
  (started.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return started;
}
