import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TestbedError } from './testbed-error.js';

const run = promisify(execFile);

/** Folder of the pom that names the jars; the same from `src` and from `dist`. */
export const KAFKA_FOLDER = fileURLToPath(new URL('../kafka/', import.meta.url));
const DEFAULT_JARS = fileURLToPath(new URL('../../../.local/kafka-libs/', import.meta.url));
const OLDEST_JAVA = 17;

/**
 * The folder of Apache Kafka's jars (`KAFKA_JARS`, or `.local/kafka-libs` of the workspace), fetched by Maven the first time (about 120 MB; 10 s to minutes) and again when the pom changed.
 * @param o.onProgress told when something slow begins
 * @param o.signal ends Maven
 * @throws {TestbedError} NO_MAVEN, JARS_FAILED
 */
export async function kafkaJars(o: { folder?: string; onProgress?: (what: string) => void; signal?: AbortSignal } = {}): Promise<string> {
  const folder = o.folder ?? (process.env['KAFKA_JARS'] || DEFAULT_JARS);
  const pom = join(KAFKA_FOLDER, 'pom.xml');
  const wanted = createHash('sha256').update(readFileSync(pom)).digest('hex');
  const stamp = join(folder, '.pom-sha256');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder;

  await checkMaven();
  o.onProgress?.('fetching Apache Kafka with Maven');
  // Made beside it and moved into place whole: a fetch that was cut short is never taken for a finished one.
  const fresh = `${folder.replace(/\/$/, '')}.${process.pid}`;
  mkdirSync(dirname(fresh), { recursive: true });
  rmSync(fresh, { recursive: true, force: true });
  await copyDependencies(pom, fresh, o.signal);
  writeFileSync(join(fresh, '.pom-sha256'), wanted);
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return folder;
}

/** @throws {TestbedError} NO_JAVA, OLD_JAVA: one line with the remedy. */
export async function checkJava(): Promise<void> {
  let said: string;
  try {
    const { stdout, stderr } = await run('java', ['-version'], { timeout: 30_000 });
    said = stdout + stderr;
  } catch (cause) {
    throw new TestbedError(
      'NO_JAVA',
      `Java is missing: install a JDK ${OLDEST_JAVA} or newer (java must be on the PATH), or set KAFKA_BROKERS to a Kafka of yours`,
      { cause },
    );
  }
  const version = /version "(?:1\.)?(\d+)/.exec(said)?.[1];
  if (version === undefined || Number(version) < OLDEST_JAVA)
    throw new TestbedError(
      'OLD_JAVA',
      `Java ${version ?? 'of unknown version'} is too old: install a JDK ${OLDEST_JAVA} or newer, or set KAFKA_BROKERS to a Kafka of yours`,
    );
}

async function checkMaven(): Promise<void> {
  try {
    await run('mvn', ['--version'], { timeout: 60_000 });
  } catch (cause) {
    throw new TestbedError('NO_MAVEN', 'Maven is missing: install it (mvn must be on the PATH), or set KAFKA_BROKERS to a Kafka of yours', {
      cause,
    });
  }
}

async function copyDependencies(pom: string, folder: string, signal?: AbortSignal): Promise<void> {
  const goal = 'dependency:copy-dependencies';
  const args = ['--batch-mode', '--no-transfer-progress', '--quiet', '-f', pom, goal, `-DoutputDirectory=${folder}`];
  const maven = spawn('mvn', args, { stdio: ['ignore', 'pipe', 'pipe'], ...(signal === undefined ? {} : { signal }) });
  let said = '';
  for (const stream of [maven.stdout, maven.stderr])
    stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-16_384)));
  const code = await new Promise<number | null>((resolve) => {
    maven.once('error', () => resolve(null));
    maven.once('close', resolve);
  });
  if (code === 0) return;
  rmSync(folder, { recursive: true, force: true });
  const reason = /\[ERROR\] (.+)/.exec(said)?.[1] ?? `mvn exited with ${code}`;
  throw new TestbedError('JARS_FAILED', `Maven cannot fetch Apache Kafka: ${reason.slice(0, 300)}`, { logTail: said });
}
