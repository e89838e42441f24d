import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { descendants, eventually, freePort, isSameProcess } from '@ringback/testbed';
import { RunningCommand } from './testing/run-command.js';

interface Recorded {
  name: string;
  pid: number;
  identity: string;
}

let state: string;
let env: Record<string, string>;
let running: RunningCommand;

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'ringback-start-'));
  const [gateway, offers, conversions, dispatcher] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  env = {
    RINGBACK_STATE: state,
    GATEWAY_PORT: String(gateway),
    OFFERS_PORT: String(offers),
    CONVERSIONS_PORT: String(conversions),
    DISPATCHER_PORT: String(dispatcher),
  };
});
afterAll(async () => {
  if (running.exitCode === null) {
    running.process.kill('SIGTERM');
    await running.exited;
  }
  rmSync(state, { recursive: true, force: true });
});

const recorded = (): Recorded[] => (JSON.parse(readFileSync(join(state, 'run.json'), 'utf8')) as { children: Recorded[] }).children;
const alive = (processes: readonly Recorded[]) =>
  processes.filter(({ pid, identity }) => isSameProcess(pid, identity)).map(({ name }) => name);
const printedKey = (output: string) => /API key +(\S+)/.exec(output)?.[1] ?? '';
const ask = async (key: string) =>
  (await fetch(`http://127.0.0.1:${env['GATEWAY_PORT']}/v1/offers`, { headers: { authorization: `Bearer ${key}` } })).status;

// One story in steps, since each start takes seconds.
describe('npm start', () => {
  it('comes up on an empty folder, and the printed API key opens the API', async () => {
    running = RunningCommand.start(env);
    await running.waitForLine('Ctrl-C stops it', 150_000);
    expect(await ask(printedKey(running.output))).toBe(200);
    expect(recorded().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['PostgreSQL', 'Kafka', 'gateway', 'offers-service', 'conversions-service', 'dispatcher-service']),
    );
  });

  it('refuses a second start on the same folder in one line', async () => {
    const second = RunningCommand.start(env);
    expect(await second.exited).toBe(1);
    expect(second.output).toContain(`ringback: Ringback already runs on this folder (pid ${running.pid}): stop it with Ctrl-C there`);
  });

  it('starts a service that dies again', async () => {
    const before = recorded().find(({ name }) => name === 'gateway')!;
    process.kill(before.pid, 'SIGKILL');
    await running.waitForLine(/gateway ended \(killed by SIGKILL\); it is started again in 0\.5 s/);
    await eventually(async () => (await ask(printedKey(running.output))) === 200, { timeoutMs: 30_000 });
    expect(recorded().find(({ name }) => name === 'gateway')!.pid).not.toBe(before.pid);
  });

  it('killed together with its guard, has what it left behind ended by the next start, which comes up on the kept data', async () => {
    const left = recorded();
    const guard = descendants(running.pid).find((pid) => commandOf(pid).includes('guard-main'));
    process.kill(guard!, 'SIGKILL');
    running.process.kill('SIGKILL');
    await running.exited;
    expect(alive(left)).toHaveLength(6);

    const key = printedKey(running.output);
    running = RunningCommand.start(env);
    await running.waitForLine('Ctrl-C stops it', 150_000);
    expect(alive(left)).toEqual([]);
    expect(running.output).toMatch(/ending dispatcher-service, left behind by a start that was killed/);
    expect(printedKey(running.output)).toBe(key);
    expect(await ask(key)).toBe(200);
  });

  it('stops everything in order on Ctrl-C, leaves no process behind and exits with 0', async () => {
    const started = recorded();
    const all = descendants(running.pid);
    running.process.kill('SIGINT');
    // A terminal's Ctrl-C comes twice: once to us, once through npm.
    running.process.kill('SIGINT');
    expect(await running.exited).toBe(0);
    expect(alive(started)).toEqual([]);
    await eventually(() => all.every((pid) => commandOf(pid) === ''));
    expect(existsSync(join(state, 'run.json'))).toBe(false);
  });
});

function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    // ps fails when there is no such process.
    return '';
  }
}
