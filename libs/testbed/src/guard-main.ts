/**
 * The guard's own process (see guard.ts). Imports nothing but `node:*`, and only types that Node can strip, since it also runs from source.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

interface Ward {
  pid: number;
  identity: string | null;
  name: string;
  signal: NodeJS.Signals;
  order: number;
}

const GRACE_MS = 20_000;
const wards = new Map<number, Ward>();

// It must outlive a Ctrl-C, a closed terminal and a polite kill: what ends it is the end of the pipe.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line) as { add?: Ward; remove?: number };
    if (message.add !== undefined) wards.set(message.add.pid, message.add);
    if (message.remove !== undefined) wards.delete(message.remove);
  })
  .on('close', () => void stopAll());

async function stopAll(): Promise<void> {
  const steps = [...new Set([...wards.values()].map((ward) => ward.order))].sort((a, b) => a - b);
  for (const step of steps) await Promise.all([...wards.values()].filter((ward) => ward.order === step).map(stop));
  process.exit(0);
}

async function stop(ward: Ward): Promise<void> {
  send(ward, 'SIGCONT');
  send(ward, ward.signal);
  const deadline = Date.now() + GRACE_MS;
  while (isAlive(ward)) {
    if (Date.now() > deadline) {
      send(ward, 'SIGKILL');
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function send(ward: Ward, signal: NodeJS.Signals): void {
  if (!isAlive(ward)) return;
  try {
    process.kill(ward.pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

/** As processIdentity() has it, so that a pid given to another process is left alone. */
function isAlive(ward: Ward): boolean {
  try {
    if (process.platform !== 'linux') return process.kill(ward.pid, 0);
    const stat = readFileSync(`/proc/${ward.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return false;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return ward.identity === null || `${boot}:${fields[19] ?? ''}` === ward.identity;
  } catch {
    // No such process.
    return false;
  }
}
