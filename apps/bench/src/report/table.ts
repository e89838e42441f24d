import { shown, type Row } from './row.js';

/** @returns a table as Markdown has it, its columns padded so that a person reads it in a terminal too. */
export function table(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(3, title.length, ...lines.map((line) => line[column]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...lines.map(line)].join('\n');
}

/** @returns the rows of a scenario as a table. */
export function rowTable(rows: readonly Row[]): string {
  return table(
    ['what', 'measured', 'unit', 'budget', ''],
    rows.map(({ name, measured, unit, budget, ok }) => [name, shown(measured), unit, budget, ok === null ? '' : ok ? 'met' : '**missed**']),
  );
}
