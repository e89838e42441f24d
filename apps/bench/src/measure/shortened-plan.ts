/** Children of one node that look alike are shown so many times. */
const SHOWN_OF_A_KIND = 2;

/**
 * Leaves out of a plan what repeats itself for partition after partition: of the children of a node that differ in nothing but the day, the
 * figures and whether anything was found, two are shown, and how many there are more. Those that were never executed go first.
 */
export function shortenedPlan(plan: string): string {
  return shorten(plan.split('\n')).join('\n');
}

function shorten(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let left = 0;
  let leftIndent = '';
  const seen = new Map<string, number>();
  const tell = () => {
    if (left > 0) kept.push(`${leftIndent}… and ${left} more like these, of other days`);
    left = 0;
  };
  for (let at = 0; at < lines.length;) {
    const end = endOfNode(lines, at);
    const line = lines[at]!;
    const day = /_\d{8}/.test(line) && line.trimStart().startsWith('->');
    if (!day) {
      if (/^ */.exec(line)![0].length < leftIndent.length || line.trimStart().startsWith('->')) tell();
      if (line.trimStart().startsWith('->')) seen.clear();
      kept.push(line);
      at++;
      continue;
    }
    const indent = /^ */.exec(line)![0];
    const kind = indent + nodeKind(line);
    const count = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, count);
    if (count <= SHOWN_OF_A_KIND && !line.includes('never executed')) kept.push(...lines.slice(at, end));
    else {
      left++;
      leftIndent = indent;
    }
    at = end;
  }
  tell();
  return kept;
}

/** @returns the index after the last line of the node that begins at `start`: all that is indented further. */
function endOfNode(lines: readonly string[], start: number): number {
  const depth = /^ */.exec(lines[start]!)![0].length;
  let end = start + 1;
  while (end < lines.length && /^ */.exec(lines[end]!)![0].length > depth) end++;
  return end;
}

function nodeKind(line: string): string {
  return line
    .trim()
    .replace(/_\d{8}/g, '_day')
    .replace(/ delivery_\d+| delivery_attempt_\d+/g, '')
    .replace(/ *\(.*$/, '');
}
