import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the workspace, no slash at its end; the same from `src` and from `dist`. */
export const WORKSPACE = fileURLToPath(new URL('../../../', import.meta.url)).replace(/[\\/]$/, '');

/** The Node that the workspace pins (24), whatever runs this. */
export function pinnedNode(): string {
  const pinned = join(WORKSPACE, 'node_modules', '.bin', 'node');
  return existsSync(pinned) ? pinned : process.execPath;
}
