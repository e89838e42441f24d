import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LocalError, oneLine } from './local-error.js';

const secretsSchema = z.object({
  masterKey: z.string(),
  serviceTokenSecret: z.string(),
  postgresPassword: z.string(),
  adminPassword: z.string(),
  bootstrapApiKey: z.string(),
});
/** Made up once and kept: without the master key, kept secrets of callbacks could never be read again. */
export type LocalSecrets = z.infer<typeof secretsSchema>;

const portsSchema = z.object({ postgres: z.int(), kafka: z.int() }).partial();
/** The ports that our own servers had the last time. */
export type KeptPorts = z.infer<typeof portsSchema>;

/** The folder with all that is kept between starts. Only the owner can read the secrets in it. */
export class StateFolder {
  private constructor(readonly path: string) {}

  /** @throws {LocalError} STATE_BROKEN when it cannot be used. */
  static open(path: string): StateFolder {
    try {
      if (existsSync(path) && !statSync(path).isDirectory()) throw new Error('it is not a folder');
      mkdirSync(path, { recursive: true });
      accessSync(path, constants.W_OK | constants.X_OK);
    } catch (cause) {
      throw broken(path, `${path} cannot be used: ${oneLine(cause)}`, cause);
    }
    return new StateFolder(path);
  }

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** @returns the kept secrets, made up the first time. @throws {LocalError} STATE_BROKEN */
  secrets(): LocalSecrets {
    const kept = this.#read('secrets.json', secretsSchema);
    if (kept !== null) return kept;
    if (existsSync(this.at('postgres', 'PG_VERSION')))
      throw broken(this.path, `${this.at('secrets.json')} is missing beside the data that needs it`);
    const random = (bytes: number) => randomBytes(bytes).toString('base64url');
    const made: LocalSecrets = {
      masterKey: randomBytes(32).toString('base64'),
      serviceTokenSecret: random(32),
      postgresPassword: random(18),
      adminPassword: random(12),
      bootstrapApiKey: `rbk_${random(30)}`,
    };
    this.#write('secrets.json', made);
    return made;
  }

  keptPorts(): KeptPorts {
    return this.#read('ports.json', portsSchema) ?? {};
  }

  keepPorts(ports: KeptPorts): void {
    this.#write('ports.json', ports);
  }

  /** @returns the build whose migrations have been run on our own database. */
  migratedBuild(): string | null {
    return this.#read('migrated.json', z.object({ build: z.string() }))?.build ?? null;
  }

  keepMigratedBuild(build: string): void {
    this.#write('migrated.json', { build });
  }

  #read<T>(name: string, schema: z.ZodType<T>): T | null {
    const path = this.at(name);
    if (!existsSync(path)) return null;
    try {
      return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch (cause) {
      throw broken(this.path, `${path} cannot be read`, cause);
    }
  }

  /** Whole or not at all: a kill in the middle must not leave half a file. */
  #write(name: string, content: unknown): void {
    const draft = this.at(`${name}.${process.pid}`);
    writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, this.at(name));
  }
}

function broken(folder: string, what: string, cause?: unknown): LocalError {
  return new LocalError('STATE_BROKEN', `${what}: put it right, or move ${folder} away to start anew`, { cause });
}
