import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from './config.js';
import { oneLine } from './local-error.js';
import { StateFolder } from './state-folder.js';
import { pauseBefore } from './supervised-service.js';
import { readTestArguments } from './test-arguments.js';
import { readJestReport, slowest } from './test-steps.js';

let room: string;
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'ringback-local-'));
});
afterEach(() => rmSync(room, { recursive: true, force: true }));

describe('settings of the local runtime', () => {
  it('have defaults for all', () => {
    expect(readConfig({})).toMatchObject({ GATEWAY_PORT: 8080, ADMIN_EMAIL: 'admin@example.com', TOPIC_PREFIX: '' });
  });

  it('name every variable that cannot be used', () => {
    expect(() => readConfig({ GATEWAY_PORT: 'x', ADMIN_PASSWORD: 'short' })).toThrow(
      /GATEWAY_PORT: .*\n?.*ADMIN_PASSWORD: must have at least 12/s,
    );
  });

  it('pass on what the services may read, and nothing that is ours to give', () => {
    const { passedOn } = readConfig({
      LOG_LEVEL: 'debug',
      MASTER_KEY: 'k',
      ADMIN_PASSWORD: 'long enough for it',
      PORT: '1',
      DATABASE_URL: '',
    });
    expect(passedOn).toEqual({ LOG_LEVEL: 'debug' });
  });
});

describe('the state folder', () => {
  it('makes secrets up once and keeps them, for its owner only', () => {
    const first = StateFolder.open(room).secrets();
    expect(StateFolder.open(room).secrets()).toEqual(first);
    expect(Buffer.from(first.masterKey, 'base64')).toHaveLength(32);
  });
});

describe('a service that dies', () => {
  it('is started again after a pause that doubles up to half a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(pauseBefore)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });
});

describe('an error of several addresses', () => {
  it('is said by its first', () => {
    expect(oneLine(new AggregateError([new Error('connect ECONNREFUSED ::1:1\nmore')], ''))).toBe('connect ECONNREFUSED ::1:1');
  });
});

describe('the run of all tests', () => {
  const report = {
    numPassedTests: 3,
    numFailedTests: 0,
    numPendingTests: 1,
    numTodoTests: 0,
    numRuntimeErrorTestSuites: 0,
    testResults: [],
  };
  const written = (content: object) => {
    const path = join(room, 'report.json');
    writeFileSync(path, JSON.stringify({ ...report, ...content }));
    return path;
  };

  it('counts a spec file that cannot be loaded as a failure', () => {
    expect(readJestReport(written({ numRuntimeErrorTestSuites: 2 }), 1)).toMatchObject({ passed: 3, failed: 2, skipped: 1 });
  });

  it('counts a run that fails without a failed test, or leaves no report, as a failure', () => {
    expect(readJestReport(written({}), 1).failed).toBe(1);
    expect(readJestReport(written({}), 0).failed).toBe(0);
    expect(readJestReport(join(room, 'none.json'), null)).toMatchObject({ passed: 0, failed: 1 });
  });

  it('tells its own option from what is for jest', () => {
    expect(readTestArguments(['--long', 'libs/testbed', '-t', 'x'])).toEqual({ long: true, filter: ['libs/testbed', '-t', 'x'] });
  });

  it('names the slowest files first', () => {
    const files = [1, 3, 2].map((ms) => ({ path: String(ms), ms }));
    expect(slowest(files, 2).map(({ ms }) => ms)).toEqual([3, 2]);
  });
});
