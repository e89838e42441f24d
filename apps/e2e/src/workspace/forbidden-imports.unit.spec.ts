import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../../..');
/** Where a text is pretended to stand: real files, since lint asks the compiler about them. */
const offers = 'apps/offers-service/src/main.ts';
const callbacks = 'libs/callbacks/src/index.ts';
const contracts = 'libs/contracts/src/index.ts';
const page = 'apps/console/src/main.tsx';

const forbidden: [rule: string, filePath: string, text: string, says: RegExp][] = [
  ['kafkajs has one door', offers, "import 'kafkajs';", /@ringback\/event-stream only/],
  ['undici has one door', offers, "import 'undici';", /http-sender\.ts only/],
  ['the environment is read in config.ts', offers, 'export const a = process.env.HOME;', /config\.ts only/],
  ['jest.mock is not used', 'libs/contracts/src/topics.ts', "jest.mock('x');", /contract suite/],
  ['callbacks are pure: no node', callbacks, "import 'node:fs';", /libs\/callbacks is pure/],
  ['callbacks hold no clock', callbacks, 'export const now = Date.now();', /No clock here/],
  ['contracts hold no clock', contracts, 'export const now = new Date();', /No clock here/],
  ['contracts import no other lib', contracts, "export * from '@ringback/callbacks';", /Circular dependency|layer:contracts/],
  ['callbacks import contracts only', callbacks, "export * from '@ringback/event-stream';", /layer:callbacks/],
  [
    'event-stream knows no service-runtime',
    'libs/event-stream/src/index.ts',
    "export * from '@ringback/service-runtime';",
    /layer:event-stream/,
  ],
  ['a service imports no testbed', offers, "export * from '@ringback/testbed';", /type:service/],
  ['a service imports no other service', offers, "export * from '../../gateway/src/config.js';", /type:service|relative/],
  ['the console imports nothing of the services or libs', page, "export * from '@ringback/contracts';", /gateway only/],
  ['the console imports nothing of Node', page, "import 'node:fs';", /gateway only/],
  ['no way into a lib beside its index', offers, "export * from '../../../libs/contracts/src/topics.js';", /relative|import/i],
];

/** @returns for each text what lint says, with the project graph built first, as on a fresh clone. */
function lint(cases: { filePath: string; text: string }[]): [string | null, string][][] {
  const node = join(root, 'node_modules/.bin/node');
  execFileSync(join(root, 'node_modules/.bin/nx'), ['graph', '--file=.nx/graph.json'], {
    cwd: root,
    stdio: 'pipe',
    env: { ...process.env, NX_DAEMON: 'false' },
  });
  // With CI set, typescript-eslint would read the files and not the texts.
  const output = execFileSync(node, [join(import.meta.dirname, 'lint-texts.mjs')], {
    cwd: root,
    input: JSON.stringify(cases),
    env: { ...process.env, NX_DAEMON: 'false', TSESTREE_SINGLE_RUN: 'false' },
  });
  return JSON.parse(output.toString()) as [string | null, string][][];
}

describe('a forbidden import fails lint', () => {
  let found: [string | null, string][][];
  beforeAll(() => {
    found = lint([
      ...forbidden.map(([, filePath, text]) => ({ filePath, text })),
      { filePath: offers, text: "export { TOPICS } from '@ringback/contracts';\n" },
    ]);
  }, 60_000);

  it.each(forbidden.map(([rule, , , says], index) => [rule, says, index] as const))('%s', (_, says, index) => {
    expect(found[index]!.map(([, message]) => message).join('\n')).toMatch(says);
  });

  it('an allowed one passes', () => {
    expect(found.at(-1)).toEqual([]);
  });
});
