/**
 * The way in: `node apps/local/bootstrap.mjs <start|demo|test|bench|fuzz|alerts> [arguments]`. Plain JavaScript for any Node ≥ 20, with nothing installed.
 * Looks for what must be there, installs and builds what is missing or changed, then hands over to the command under the pinned Node.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const OLDEST_JAVA = 17;
const COMMANDS = ['start', 'demo', 'test', 'bench', 'fuzz', 'alerts'];
/** How often a long step says that it is still at work. */
const PROGRESS_MS = 10_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const pinnedNode = join(root, 'node_modules', '.bin', 'node');
const [command, ...rest] = process.argv.slice(2);

/** A signal came between: no failure to report. */
class Stopped extends Error {}

/** The one process that runs on our behalf now, and how it is asked to end. */
let current = null;
let asked = null;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    asked = signal;
    // Sent on for whoever signals this process alone; in a terminal the whole group has it already, and counts the two as one.
    current?.kill(signal);
  });
}
// A terminal that went away must not end us before what we started has ended.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  checkRequirements();
  await install();
  await build();
  process.exit(await handOver());
} catch (error) {
  console.error(error instanceof Stopped ? error.message : `ringback: ${error.message}`);
  process.exit(error instanceof Stopped ? 130 : 1);
}

function checkRequirements() {
  const major = Number(process.versions.node.split('.')[0]);
  if (!(major >= OLDEST_NODE)) throw new Error(`Node ${process.versions.node} is too old: install Node ${OLDEST_NODE} or newer`);
  if (!COMMANDS.includes(command)) throw new Error(`unknown command "${command ?? ''}": one of ${COMMANDS.join(', ')}`);
  if (!needsKafka()) return;
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const orOwn = 'or set KAFKA_BROKERS to a Kafka of yours';
  if (java.error || java.status !== 0)
    throw new Error(`Java is missing: install a JDK ${OLDEST_JAVA} or newer, so that \`java -version\` works, ${orOwn}`);
  const version = /version "(?:1\.)?(\d+)/.exec(java.stderr + java.stdout)?.[1];
  if (!(Number(version) >= OLDEST_JAVA))
    throw new Error(`Java ${version ?? 'of an unknown version'} is too old: install a JDK ${OLDEST_JAVA} or newer, ${orOwn}`);
  if (existsSync(join(process.env.KAFKA_JARS || join(root, '.local', 'kafka-libs'), '.pom-sha256'))) return;
  const maven = spawnSync('mvn', ['--version'], { encoding: 'utf8' });
  if (maven.error || maven.status !== 0)
    throw new Error(`Maven is missing: install it, so that \`mvn --version\` works (it fetches Apache Kafka), ${orOwn}`);
}

/** Whether this run starts a Kafka of its own. */
function needsKafka() {
  if (command === 'bench') return true;
  if (command === 'alerts') return rest.includes('--fire');
  if (command === 'fuzz') return !rest.includes('--url') && !process.env.TESTBED_KAFKA_BROKERS;
  return command === 'test' ? !process.env.TESTBED_KAFKA_BROKERS : !process.env.KAFKA_BROKERS;
}

async function install() {
  const reason = whyInstall();
  if (reason === null) return;
  // The versions of the lock file, which is not written. Not `npm ci`: it refuses a lock file without the optional packages of other
  // platforms, and one that was made behind a mirror that does not carry them has none.
  await step(`installing packages (${reason})`, 'npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** @returns why an install is due, or null: what npm says it installed is compared with what the lock file wants. */
function whyInstall() {
  const installedLock = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock) || !existsSync(pinnedNode)) return 'the first time';
  let installed;
  try {
    installed = JSON.parse(readFileSync(installedLock, 'utf8')).packages;
  } catch {
    return 'node_modules is broken';
  }
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue;
    // Workspaces are links; optional packages of other platforms are not installed.
    if (entry.link) {
      if (!existsSync(join(root, path))) return 'a workspace is new';
      continue;
    }
    const found = installed[path];
    if (found === undefined ? !entry.optional : found.version !== entry.version) return 'package-lock.json changed';
  }
  return null;
}

async function build() {
  await step('building', pinnedNode, [join(root, 'node_modules', '.bin', 'nx'), 'run-many', '-t', 'build', '--outputStyle=static']);
}

/** Runs a step to its end: silent when it is quick, one line now and then when it is not, all it said when it fails. */
async function step(what, file, args) {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  const noisy = what !== 'building';
  if (noisy) console.log(`${what} …`);
  const timer = setInterval(() => console.log(`${what} … ${seconds()} s`), PROGRESS_MS);
  let said = '';
  try {
    const code = await run(file, args, ['ignore', 'pipe', 'pipe'], (chunk) => (said = (said + chunk).slice(-65_536)));
    if (asked !== null) throw new Stopped(`stopped while ${what}`);
    if (code !== 0) {
      process.stderr.write(said.endsWith('\n') ? said : `${said}\n`);
      throw new Error(`${what} failed (${file.split('/').at(-1)} exited with ${code}): see above`);
    }
  } finally {
    clearInterval(timer);
  }
  if (noisy || seconds() >= 5) console.log(`${what} … done in ${seconds()} s`);
}

function run(file, args, stdio, onOutput) {
  const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_INTERACTIVE: 'false' };
  const child = spawn(file, args, { cwd: root, stdio, env, shell: process.platform === 'win32' });
  current = child;
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onOutput);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      onOutput?.(error.message);
      resolve(127);
    });
    child.once('close', (code, signal) => {
      current = null;
      resolve(signal === null ? code : 128);
    });
  });
}

/** The command itself, under the pinned Node. It holds a channel to us, so that it stops in order however we end. */
async function handOver() {
  if (asked !== null) throw new Stopped('stopped');
  watchParents();
  const script = join(root, 'apps', command === 'bench' ? 'bench' : 'local', 'dist', `${command}.js`);
  const stdin = ['test', 'bench', 'fuzz', 'alerts'].includes(command) ? 'ignore' : 'inherit';
  return run(pinnedNode, ['--enable-source-maps', script, ...rest], [stdin, 'inherit', 'inherit', 'ipc']);
}

/** `npm` that started us waits for us: when it, or the shell between, is gone, it was killed, and nobody is left to stop us. */
function watchParents() {
  if (process.env.npm_lifecycle_event === undefined || process.platform !== 'linux') return;
  const parent = process.ppid;
  // Most shells stay between npm and us; where one replaced itself, npm is the parent.
  const grandparent = commandOf(parent).startsWith('npm') ? null : parentOf(parent);
  const timer = setInterval(() => {
    if (process.ppid === parent && (grandparent === null || parentOf(parent) === grandparent)) return;
    clearInterval(timer);
    asked = 'SIGTERM';
    current?.kill('SIGTERM');
  }, 1_000);
  timer.unref();
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It is gone.
    return '';
  }
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It is gone.
    return null;
  }
}
