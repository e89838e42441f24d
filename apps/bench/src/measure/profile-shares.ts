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
  /** By function, with all that it called. A function that calls itself counts once. */
  readonly withCallees: readonly Share[];
}

/** @returns where a process spent its time, as shares of the time it was not idle. Times are those of functions themselves, but in `withCallees`. */
export function profileShares(profile: CpuProfile): ProfileShares {
  const places = new Map<string, number>();
  const functions = new Map<string, number>();
  const withCallees = new Map<string, number>();
  const callers = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)));
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  let busy = 0;
  for (const { id, callFrame, hitCount = 0 } of profile.nodes) {
    if (hitCount === 0 || callFrame.functionName === '(idle)') continue;
    busy += hitCount;
    add(places, placeOf(callFrame.url, callFrame.functionName), hitCount);
    add(functions, names.get(id)!, hitCount);
    const stack = new Set<string>();
    for (let at: number | undefined = id; at !== undefined; at = callers.get(at)) stack.add(names.get(at)!);
    for (const name of stack) add(withCallees, name, hitCount);
  }
  const shares = (counts: Map<string, number>) =>
    [...counts].map(([name, count]) => ({ name, share: count / busy })).sort((a, b) => b.share - a.share);
  return { places: shares(places), functions: shares(functions), withCallees: shares(withCallees) };
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const place = placeOf(url, functionName);
  if (place === functionName) return place;
  return `${functionName || '(anonymous)'}, ${place}${url === '' ? '' : `:${lineNumber + 1}`}`;
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
