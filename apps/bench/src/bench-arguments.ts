import { parseArgs } from 'node:util';

export interface BenchArguments {
  /** Names of scenarios in the order given; empty: all. */
  readonly scenarios: readonly string[];
  /** Small sizes: to see that everything runs, not to measure. */
  readonly short: boolean;
  /** How long `memory` keeps up its mixed load; undefined: as the scenario says. */
  readonly minutes: number | undefined;
  /** How many rows `log` fills the log with; undefined: as the scenario says. */
  readonly rows: number | undefined;
  /** Share of the events of `cost` that are part of a trace that is kept; undefined: nothing is traced. */
  readonly tracing: number | undefined;
  /** Where the result goes as JSON. */
  readonly json: string | undefined;
  /** The document whose figures are replaced. */
  readonly write: string | undefined;
}

/** Reads the arguments of `npm run bench -- …`. @throws {TypeError} that names what is not understood. */
export function readBenchArguments(args: readonly string[], known: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      rows: { type: 'string' },
      tracing: { type: 'string' },
      json: { type: 'string' },
      write: { type: 'string' },
    },
  });
  for (const name of positionals)
    if (!known.includes(name)) throw new TypeError(`there is no scenario "${name}": one of ${known.join(', ')}`);
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
  if (minutes !== undefined && !(minutes > 0 && minutes <= 24 * 60)) throw new TypeError('--minutes must be between 0 and 1440');
  const rows = values.rows === undefined ? undefined : Number(values.rows);
  if (rows !== undefined && !(Number.isInteger(rows) && rows >= 1_000 && rows <= 1e9))
    throw new TypeError('--rows must be a whole number from 1000');
  const tracing = values.tracing === undefined ? undefined : Number(values.tracing);
  if (tracing !== undefined && !(tracing > 0 && tracing <= 1)) throw new TypeError('--tracing must be a share above 0, at most 1');
  return { scenarios: [...new Set(positionals)], short: values.short, minutes, rows, tracing, json: values.json, write: values.write };
}
