import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKSPACE } from '@ringback/testbed';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}
type Dependencies = Readonly<Record<string, string>>;
interface Manifest {
  readonly dependencies?: Dependencies;
  readonly devDependencies?: Dependencies;
  readonly optionalDependencies?: Dependencies;
}

const readJson = (path: string) => JSON.parse(readFileSync(join(WORKSPACE, path), 'utf8')) as unknown;
const lock = readJson('package-lock.json') as { lockfileVersion: number; packages: Record<string, LockedPackage> };
const installed = Object.entries(lock.packages).filter(([path, { link }]) => path.includes('node_modules/') && link !== true);
const manifests = [
  'package.json',
  ...['apps', 'libs'].flatMap((folder) => readdirSync(join(WORKSPACE, folder)).map((name) => `${folder}/${name}/package.json`)),
];

const EXACT = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

describe('the lock file', () => {
  it('holds every package at one version with the hash of what was published', () => {
    expect(installed.length).toBeGreaterThan(300);
    for (const [path, { version, integrity }] of installed)
      expect({ path, version, integrity }).toEqual({
        path,
        version: expect.stringMatching(EXACT),
        integrity: expect.stringMatching(/^sha512-/),
      });
  });

  it('names no host: packages come by their names, from where npm is set to look', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  it.each(manifests)('is what %s asks for, which names exact versions', (path) => {
    const manifest = readJson(path) as Manifest;
    const folder = path === 'package.json' ? '' : path.replace('/package.json', '');
    const wanted = { ...manifest.optionalDependencies, ...manifest.devDependencies, ...manifest.dependencies };
    for (const [name, version] of Object.entries(wanted)) {
      expect({ path, name, version }).toEqual({ path, name, version: expect.stringMatching(EXACT) });
      const found = lock.packages[`${folder}/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`];
      if (name.startsWith('@ringback/')) expect({ name, link: found?.link }).toEqual({ name, link: true });
      else expect({ path, name, version: found?.version }).toEqual({ path, name, version });
    }
  });
});
