import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { WORKSPACE } from '@ringback/testbed';
import { readFigures } from './capacity/figures.js';
import { ASSUMED, planFor, type Assumptions } from './capacity/plan.js';
import { limitTable, planTable } from './capacity/plan-table.js';

const BEGIN = '<!-- capacity -->';
const END = '<!-- /capacity -->';

/** `npm run capacity -- [--rate n]… [--callbacks-per-event n]… [--write docs/capacity.md]`: what a rate of deliveries needs. */
try {
  const names = Object.keys(ASSUMED) as (keyof Assumptions)[];
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', multiple: true, default: ['1000', '10000', '100000'] },
      write: { type: 'string' },
      ...Object.fromEntries(names.map((name) => [optionOf(name), { type: 'string' as const }])),
    },
  });
  const { rate: rates, write: document, ...rest } = values;
  const given: Readonly<Record<string, string | undefined>> = rest;
  const assumed = Object.fromEntries(
    names.map((name) => [name, given[optionOf(name)] === undefined ? ASSUMED[name] : positive(optionOf(name), given[optionOf(name)]!)]),
  ) as unknown as Assumptions;
  const figures = readFigures(readFileSync(join(WORKSPACE, 'docs', 'performance.md'), 'utf8'));
  const plans = rates.map((rate) => planFor(positive('rate', rate), figures, assumed));
  const text = `${planTable(plans)}\n\n${limitTable(plans[0]!.limits)}`;
  console.log(text);
  if (document !== undefined) write(resolve(WORKSPACE, document), text);
} catch (error) {
  console.error(`ringback: ${(error as Error).message}`);
  process.exit(1);
}

function optionOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1e9)) throw new TypeError(`--${option} must be a number above 0, not "${text}"`);
  return value;
}

function write(path: string, text: string): void {
  const document = readFileSync(path, 'utf8');
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from === -1 || to < from) throw new RangeError(`${path} has no place for the tables: ${BEGIN} and ${END}`);
  writeFileSync(path, `${document.slice(0, from + BEGIN.length)}\n\n${text}\n\n${document.slice(to)}`);
}
