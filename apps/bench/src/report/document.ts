import { rowTable } from './table.js';
import type { BenchResult } from './result.js';

/**
 * Puts the figures of a run into a document, between `<!-- bench:<name> -->` and `<!-- /bench:<name> -->`. Scenarios that did not run keep
 * what stands there.
 * @throws {RangeError} when the document has no place for a scenario that ran
 */
export function withFigures(document: string, result: BenchResult): string {
  let written = document;
  for (const { name, rows, notes } of result.scenarios) {
    const size = result.short ? ', **short sizes: not a measurement**' : '';
    const heading = `${result.machine.at.slice(0, 10)}, ${result.machine.cores} × ${result.machine.cpu}${size}.`;
    const texts = [
      heading,
      rowTable(rows),
      ...notes.map((note) => (note.includes('\n') && !note.startsWith('|') ? `\`\`\`\n${note}\n\`\`\`` : note)),
    ];
    written = replaced(written, name, texts.join('\n\n'));
  }
  return written;
}

function replaced(document: string, name: string, text: string): string {
  const begin = `<!-- bench:${name} -->`;
  const end = `<!-- /bench:${name} -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from === -1 || to < from) throw new RangeError(`the document has no place for "${name}": ${begin} and ${end}`);
  return `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`;
}
