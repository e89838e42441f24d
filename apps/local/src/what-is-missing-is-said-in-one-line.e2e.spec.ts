import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, testDatabaseServer } from '@ringback/testbed';
import { StateFolder } from './state-folder.js';
import { RunningCommand } from './testing/run-command.js';

let room: string;
beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), 'ringback-missing-'));
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

/** A folder with only these commands in it, as the whole PATH. */
function pathWith(name: string, commands: Readonly<Record<string, string>>): string {
  const folder = join(room, name);
  mkdirSync(folder);
  for (const [command, script] of Object.entries(commands)) {
    if (script.startsWith('/')) symlinkSync(script, join(folder, command));
    else {
      writeFileSync(join(folder, command), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, command), 0o755);
    }
  }
  return folder;
}

/** Settings under which a start gets as far as it can without touching anything of this machine. */
async function settings(name: string): Promise<Record<string, string>> {
  const [gateway, offers, conversions, dispatcher] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  return {
    RINGBACK_STATE: join(room, `state-${name}`),
    GATEWAY_PORT: String(gateway),
    OFFERS_PORT: String(offers),
    CONVERSIONS_PORT: String(conversions),
    DISPATCHER_PORT: String(dispatcher),
  };
}

/** The last line it printed, which says what is wrong; and that it failed. */
async function complaint(command: RunningCommand): Promise<string> {
  expect(await command.exited).toBe(1);
  const lines = command.output.trim().split('\n');
  const said = lines.filter((line) => line.startsWith('ringback: '));
  expect(said).toHaveLength(1);
  expect(command.output).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
  return said[0]!;
}

describe('npm start says in one line, and fails, when', () => {
  it('Java is missing', async () => {
    const said = await complaint(RunningCommand.bootstrap(['start'], { PATH: pathWith('empty', {}) }));
    expect(said).toMatch(/Java is missing: install a JDK 17 or newer.*KAFKA_BROKERS/);
  });

  it('Java is too old', async () => {
    const path = pathWith('old-java', { java: `echo 'openjdk version "11.0.2" 2019-01-15' >&2` });
    expect(await complaint(RunningCommand.bootstrap(['start'], { PATH: path }))).toMatch(/Java 11 is too old: install a JDK 17 or newer/);
  });

  it('Maven is missing and Kafka has not been fetched yet', async () => {
    const java = execFileSync('sh', ['-c', 'command -v java'], { encoding: 'utf8' }).trim();
    const env = { PATH: pathWith('no-maven', { java }), KAFKA_JARS: join(room, 'no-jars') };
    expect(await complaint(RunningCommand.bootstrap(['start'], env))).toMatch(/Maven is missing: install it/);
  });

  it('a port is in use', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const said = await complaint(RunningCommand.start({ ...(await settings('port')), CONVERSIONS_PORT: String(port) }));
      expect(said).toBe(
        `ringback: port ${port} of conversions-service is in use: stop what listens there, or set CONVERSIONS_PORT to another port`,
      );
    } finally {
      server.close();
    }
  });

  it('the state folder is no folder', async () => {
    const env = await settings('file');
    writeFileSync(env['RINGBACK_STATE']!, '');
    expect(await complaint(RunningCommand.start(env))).toMatch(
      /cannot be used: it is not a folder: put it right, or move .* away to start anew/,
    );
  });

  it.each([
    ['are cut off', { 'secrets.json': '{"masterKey": "' }, /secrets\.json cannot be read: put it right, or move/],
    [
      'are gone beside the data',
      { 'postgres/PG_VERSION': '18' },
      /secrets\.json is missing beside the data that needs it: put it right, or move/,
    ],
  ])('the kept secrets %s', async (what, files, line) => {
    const env = await settings(what.replaceAll(' ', '-'));
    mkdirSync(join(env['RINGBACK_STATE']!, 'postgres'), { recursive: true });
    for (const [file, content] of Object.entries(files)) writeFileSync(join(env['RINGBACK_STATE']!, file), content);
    expect(await complaint(RunningCommand.start(env))).toMatch(line);
  });

  it('the kept data of PostgreSQL is broken', async () => {
    const env: Record<string, string> = { ...(await settings('postgres')), KAFKA_BROKERS: process.env['TESTBED_KAFKA_BROKERS']! };
    const state = StateFolder.open(env['RINGBACK_STATE']!);
    state.secrets();
    mkdirSync(state.at('postgres'), { mode: 0o700 });
    writeFileSync(state.at('postgres', 'PG_VERSION'), '18');
    expect(await complaint(RunningCommand.start(env))).toMatch(
      /PostgreSQL ended while starting: see .*postgres\.log; if .* move .* away to start anew/,
    );
  });

  it('the kept data of Kafka is broken', async () => {
    const env: Record<string, string> = { ...(await settings('kafka-data')), DATABASE_URL: testDatabaseServer() };
    const state = StateFolder.open(env['RINGBACK_STATE']!);
    mkdirSync(state.at('kafka', 'log'), { recursive: true });
    writeFileSync(state.at('kafka', 'log', 'meta.properties'), 'version=of another time');
    expect(await complaint(RunningCommand.start(env))).toMatch(
      /Kafka ended while starting: see .*kafka\.log; if .* move .* away to start anew/,
    );
  });

  it.each([
    [
      'refuses connections',
      async () => `postgres://u:p4ssw0rd@127.0.0.1:${await freePort()}/x`,
      /DATABASE_URL cannot be used \(connect ECONNREFUSED/,
    ],
    [
      'refuses the login',
      async () => testDatabaseServer().replace(/:[^:@/]+@/, ':p4ssw0rd@'),
      /DATABASE_URL cannot be used \(password authentication failed/,
    ],
    ['is no PostgreSQL URL', async () => 'mysql://u:p4ssw0rd@h/x', /DATABASE_URL: must be a URL such as postgres:/],
  ])('the given DATABASE_URL %s', async (what, url, line) => {
    const env = {
      ...(await settings(what.replaceAll(' ', '-'))),
      DATABASE_URL: await url(),
      KAFKA_BROKERS: process.env['TESTBED_KAFKA_BROKERS']!,
    };
    const said = await complaint(RunningCommand.start(env));
    expect(said).toMatch(line);
    expect(said).not.toContain('p4ssw0rd');
  });

  it('the given KAFKA_BROKERS cannot be reached', async () => {
    const env = { ...(await settings('kafka')), DATABASE_URL: testDatabaseServer(), KAFKA_BROKERS: `127.0.0.1:${await freePort()}` };
    expect(await complaint(RunningCommand.start(env))).toMatch(
      /KAFKA_BROKERS=127\.0\.0\.1:\d+ cannot be reached \(.*start that Kafka or correct the address/,
    );
  });
});
