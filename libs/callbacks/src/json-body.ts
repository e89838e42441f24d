/**
 * The shape of a JSON body whose names are dotted: `user.id` beside `user.name` is one object `user`. The body is assembled as text around
 * the values, so that digits stay as given and no name (`__proto__`) ever becomes a property here.
 */
export interface JsonShape {
  /** `pieces[0]`, value of `order[0]`, `pieces[1]`, … `pieces[n]`. */
  readonly pieces: readonly string[];
  /** Which name stands at each value: names of one object are put together, so this is not always the order given. */
  readonly order: readonly number[];
}

/** Two names that can not both be in one JSON body. `index` is the later one's. */
export interface NameConflict {
  readonly index: number;
  readonly message: string;
}

export type JsonShapeResult =
  { readonly ok: true; readonly shape: JsonShape } | { readonly ok: false; readonly conflicts: readonly NameConflict[] };

interface Branch {
  /** The first full name that put something here. */
  readonly from: string;
  readonly children: Map<string, Branch | number>;
}

/** @returns the shape of the body, or every name that is there twice, empty in a part, or both a value and an object. */
export function jsonShape(names: readonly string[]): JsonShapeResult {
  const root: Branch = { from: '', children: new Map() };
  const conflicts: NameConflict[] = [];
  names.forEach((name, index) => {
    const message = insert(root, name, index, names);
    if (message !== null) conflicts.push({ index, message });
  });
  if (conflicts.length > 0) return { ok: false, conflicts };
  const pieces = [''];
  const order: number[] = [];
  write(root, pieces, order);
  return { ok: true, shape: { pieces, order } };
}

function insert(root: Branch, name: string, index: number, names: readonly string[]): string | null {
  const parts = name.split('.');
  if (parts.includes('')) return `"${name}" has an empty part between its dots: remove the dot`;
  const last = parts.pop()!;
  let branch = root;
  for (const part of parts) {
    const child = branch.children.get(part);
    if (typeof child === 'number') return `"${name}" cannot stand beside "${names[child]}" in one JSON body: rename one`;
    const next = child ?? { from: name, children: new Map() };
    branch.children.set(part, next);
    branch = next;
  }
  const taken = branch.children.get(last);
  if (typeof taken === 'number') return `"${name}" is there twice, and a JSON body has each name once: remove one`;
  if (taken !== undefined) return `"${name}" cannot stand beside "${taken.from}" in one JSON body: rename one`;
  branch.children.set(last, index);
  return null;
}

function write(branch: Branch, pieces: string[], order: number[]): void {
  let opening = '{';
  for (const [part, child] of branch.children) {
    pieces[pieces.length - 1] += `${opening}${JSON.stringify(part)}:`;
    opening = ',';
    if (typeof child !== 'number') {
      write(child, pieces, order);
    } else {
      order.push(child);
      pieces.push('');
    }
  }
  pieces[pieces.length - 1] += branch.children.size === 0 ? '{}' : '}';
}
