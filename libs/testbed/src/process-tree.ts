import { execFileSync } from 'node:child_process';

/** @returns the pids of all that descends from a process, nearest first, without itself. */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const line of execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n')) {
    const [child, parent] = line.trim().split(/\s+/).map(Number);
    if (child === undefined || parent === undefined || Number.isNaN(parent)) continue;
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const found: number[] = [];
  const queue = [pid];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const own = children.get(next) ?? [];
    found.push(...own);
    queue.push(...own);
  }
  return found;
}

/** Sends a signal to a process and all that descends from it, the parent first, so that it starts no new ones meanwhile. */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  // A second look finds what was forked between the first look and the parent's stop.
  const seen = new Set<number>();
  for (let round = 0; round < 2; round++) {
    for (const target of [pid, ...descendants(pid)]) {
      if (seen.has(target)) continue;
      seen.add(target);
      sendSignal(target, signal);
    }
    if (signal !== 'SIGSTOP') break;
  }
}

/** @returns false when there is no such process any more. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
