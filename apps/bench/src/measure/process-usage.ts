import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { descendants } from '@ringback/testbed';

/** USER_HZ, in which Linux counts CPU time for programs: 100 on every platform that Node runs on (proc_pid_stat(5)). */
const MS_PER_TICK = 10;

/** CPU time that a process has used, all threads, user and system; `withChildren`: and its children that have ended and been waited for. */
function cpuMs(pid: number, withChildren: boolean): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Fields after the name, which may hold anything: 14 to 17 are utime, stime, cutime, cstime, counted from 1.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]) + (withChildren ? Number(fields[13]) + Number(fields[14]) : 0);
  return ticks * MS_PER_TICK;
}

/** @returns CPU time of one process so far, in ms, to 10 ms. */
export function processCpuMs(pid: number): number {
  return cpuMs(pid, false);
}

/**
 * @param without processes that do not count, e.g. the bench's own sessions of PostgreSQL
 * @returns CPU time of a process and all that ever descended from it, in ms. It never goes down but for what is left out.
 */
export function treeCpuMs(pid: number, without: readonly number[] = []): number {
  let sum = cpuMs(pid, true);
  for (const child of descendants(pid)) {
    if (without.includes(child)) continue;
    try {
      sum += cpuMs(child, true);
    } catch {
      // It ended since the list was made: its parent counts it from now on.
    }
  }
  return sum;
}

/** @returns memory of a process that is in RAM, in MB. */
export function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** @returns how many sockets a process holds open. */
export function openSockets(pid: number): number {
  let count = 0;
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')) count++;
    } catch {
      // Closed meanwhile.
    }
  }
  return count;
}
