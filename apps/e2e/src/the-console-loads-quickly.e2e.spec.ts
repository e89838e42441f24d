import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { WORKSPACE } from '@ringback/testbed';

/** Most JavaScript of the first load, gzipped, in bytes. */
const BUDGET = 250_000;

const folder = join(WORKSPACE, 'apps/console/dist');
const read = (path: string) => readFileSync(join(folder, path), 'utf8');

/** Static imports only: what is behind `import()` is fetched when its screen is opened. */
function staticImportsOf(path: string): string[] {
  const code = read(path);
  return [...code.matchAll(/(?:^|[;}\n])\s*import\s*(?:[\w${},\s*]+?from\s*)?"(\.[^"]+\.js)"/g)].map((match) =>
    posix.join(posix.dirname(path), match[1]!),
  );
}

/** @returns the scripts that are there before anything is clicked: those of the page and all that they import, each once. */
function loadedWith(entries: readonly string[]): Set<string> {
  const found = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    waiting.push(...staticImportsOf(path));
  }
  return found;
}

const bytesOf = (paths: Iterable<string>) => [...paths].reduce((sum, path) => sum + gzipSync(read(path), { level: 9 }).length, 0);

describe('the first load of the console', () => {
  const page = read('index.html');
  const entries = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1]!);

  it(`is at most ${BUDGET} bytes of gzipped JavaScript, its first screen included`, () => {
    expect(entries.length).toBeGreaterThan(0);
    const screen = /"\.\/(manage-offers-page-[\w-]+\.js)"|(assets\/manage-offers-page-[\w-]+\.js)/.exec(read(entries[0]!));
    expect(screen).not.toBeNull();
    const first = screen![1] === undefined ? screen![2]! : `assets/${screen![1]}`;
    const loaded = loadedWith([...entries, first]);
    expect(loaded.size).toBeGreaterThan(2);
    const bytes = bytesOf(loaded);
    console.log(`first load: ${bytes} bytes in ${loaded.size} scripts`);
    expect(bytes).toBeLessThanOrEqual(BUDGET);
  });

  it('has no inline script, and asks nobody else for anything', () => {
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });
});
