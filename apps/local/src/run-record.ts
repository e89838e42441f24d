import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isSameProcess, processIdentity, sendSignal } from '@ringback/testbed';
import { z } from 'zod';
import { LocalError } from './local-error.js';

const processSchema = z.object({ name: z.string(), pid: z.int(), identity: z.string() });
const recordSchema = z.object({ owner: processSchema, children: z.array(processSchema) });
type RecordedProcess = z.infer<typeof processSchema>;

/** How long a leftover may take to end before it is killed, in ms. */
const GRACE_MS = 20_000;

/**
 * Who runs on a state folder, and what that started: kept in a file, so that a second start on the folder is refused while the first
 * lives, and cleans up after one that was killed. A pid alone is never trusted (see processIdentity).
 */
export class RunRecord {
  readonly #children = new Map<number, RecordedProcess>();

  private constructor(
    private readonly path: string,
    private readonly owner: RecordedProcess,
  ) {}

  /**
   * Takes the folder for this process, and ends what an earlier one left behind.
   * @param onLeftover told the name of each leftover that is being ended
   * @throws {LocalError} ALREADY_RUNNING
   */
  static async take(path: string, onLeftover: (name: string) => void): Promise<RunRecord> {
    const record = new RunRecord(path, { name: 'ringback', pid: process.pid, identity: processIdentity(process.pid) ?? '' });
    while (!record.#claim()) {
      const found = read(path);
      if (found !== null) {
        if (isSameProcess(found.owner.pid, found.owner.identity))
          throw new LocalError(
            'ALREADY_RUNNING',
            `Ringback already runs on this folder (pid ${found.owner.pid}): stop it with Ctrl-C there or \`kill ${found.owner.pid}\``,
          );
        // In the order they were started, backwards: services, then Kafka and PostgreSQL.
        for (const leftover of found.children.reverse()) await end(leftover, onLeftover);
      }
      rmSync(path, { force: true });
    }
    return record;
  }

  add(name: string, pid: number): void {
    this.#children.set(pid, { name, pid, identity: processIdentity(pid) ?? '' });
    this.#write();
  }

  remove(pid: number): void {
    if (this.#children.delete(pid)) this.#write();
  }

  /** Everything has ended: the folder is free. */
  release(): void {
    rmSync(this.path, { force: true });
  }

  /** Atomic: of two starts at once one gets it. */
  #claim(): boolean {
    const draft = this.#draft();
    try {
      linkSync(draft, this.path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    } finally {
      rmSync(draft, { force: true });
    }
  }

  #write(): void {
    renameSync(this.#draft(), this.path);
  }

  #draft(): string {
    const draft = `${this.path}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify({ owner: this.owner, children: [...this.#children.values()] }, null, 2)}\n`);
    return draft;
  }
}

function read(path: string): z.infer<typeof recordSchema> | null {
  if (!existsSync(path)) return null;
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Nobody writes half a record; one that cannot be read names nobody.
    return null;
  }
}

async function end(leftover: RecordedProcess, onLeftover: (name: string) => void): Promise<void> {
  const lives = () => isSameProcess(leftover.pid, leftover.identity);
  if (!lives()) return;
  onLeftover(leftover.name);
  sendSignal(leftover.pid, 'SIGCONT');
  // PostgreSQL's fast shutdown is SIGINT; SIGTERM would wait for sessions.
  sendSignal(leftover.pid, leftover.name === 'PostgreSQL' ? 'SIGINT' : 'SIGTERM');
  for (const deadline = performance.now() + GRACE_MS; lives(); await delay(50))
    if (performance.now() > deadline) {
      sendSignal(leftover.pid, 'SIGKILL');
      return;
    }
}
