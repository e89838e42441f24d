import type { LookupAddress } from 'node:dns';
import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';

/** A larger file is not read: it is a block list, and none of its names a receiver. */
const MAX_BYTES = 1024 * 1024;

/** The names of a hosts file (hosts(5)), which come before all others. Read again when it has changed. */
export class HostsFile {
  #version = '';
  #names = new Map<string, LookupAddress[]>();

  constructor(private readonly path: string) {}

  /** @param name in lower case, without a dot at its end. @returns its addresses; none when it is not listed, or the file cannot be read */
  async find(name: string): Promise<readonly LookupAddress[]> {
    try {
      const { mtimeMs, size, ino } = await stat(this.path);
      const version = `${ino}:${mtimeMs}:${size}`;
      if (version !== this.#version) {
        this.#names = size > MAX_BYTES ? new Map() : parseHosts(await readFile(this.path, 'utf8'));
        this.#version = version;
      }
    } catch {
      // None there, or not for us to read: then no name is in it.
      this.#names = new Map();
      this.#version = '';
    }
    return this.#names.get(name) ?? [];
  }
}

function parseHosts(text: string): Map<string, LookupAddress[]> {
  const names = new Map<string, LookupAddress[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const alias of aliases) {
      const name = alias.toLowerCase();
      const known = names.get(name);
      if (known === undefined) names.set(name, [{ address, family }]);
      else known.push({ address, family });
    }
  }
  return names;
}
