import type { CpuProfile } from './inspector.js';

export interface Share {
  readonly name: string;
  /** Of the time the process was not idle, 0 to 1. */
  readonly share: number;
}

export interface ProfileShares {
  /** By package or folder, the largest first. */
  readonly places: readonly Share[];
  /** By function. */
  readonly functions: readonly Share[];
}

/** @returns where a process spent its time itself (without what it called), as shares of the time it was not idle. */
export function profileShares(profile: CpuProfile): ProfileShares {
  const places = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  for (const { callFrame, hitCount = 0 } of profile.nodes) {
    if (hitCount === 0 || callFrame.functionName === '(idle)') continue;
    busy += hitCount;
    const place = placeOf(callFrame.url, callFrame.functionName);
    add(places, place, hitCount);
    add(
      functions,
      `${callFrame.functionName || '(anonymous)'}, ${place}${callFrame.url === '' ? '' : `:${callFrame.lineNumber + 1}`}`,
      hitCount,
    );
  }
  const shares = (counts: Map<string, number>) =>
    [...counts].map(([name, count]) => ({ name, share: count / busy })).sort((a, b) => b.share - a.share);
  return { places: shares(places), functions: shares(functions) };
}

/** @returns `undici`, `dispatcher-service/recording`, `contracts`, `node:net`, or what V8 calls it: `(garbage collector)`, `(program)`. */
export function placeOf(url: string, functionName: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  if (url.startsWith('node:')) return url.split('/').length > 1 ? `node:${url.slice(5).replace(/^internal\//, '')}` : url;
  const packages = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
  if (packages !== null) return packages[1]!;
  const own = /\/(?:apps|libs)\/([^/]+)\/(?:dist|src)\/(?:([^/]+)\/)?/.exec(url);
  if (own === null) return url;
  return own[2] === undefined ? own[1]! : `${own[1]}/${own[2]}`;
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}
