/** One line of the report: a figure, and the budget it is held against, where it has one. */
export interface Row {
  readonly name: string;
  readonly measured: number;
  readonly unit: string;
  /** e.g. `≤ 4`; empty for a figure that is told for information. */
  readonly budget: string;
  /** null: nothing is promised about it. */
  readonly ok: boolean | null;
}

export function atMost(name: string, measured: number, budget: number, unit: string): Row {
  return { name, measured, unit, budget: `≤ ${shown(budget)}`, ok: measured <= budget };
}

export function atLeast(name: string, measured: number, budget: number, unit: string): Row {
  return { name, measured, unit, budget: `≥ ${shown(budget)}`, ok: measured >= budget };
}

/** @param measured must be exactly `budget`: counts of what is lost, or of what must have happened */
export function exactly(name: string, measured: number, budget: number, unit: string): Row {
  return { name, measured, unit, budget: `= ${shown(budget)}`, ok: measured === budget };
}

/** A figure without a budget. */
export function told(name: string, measured: number, unit: string): Row {
  return { name, measured, unit, budget: '', ok: null };
}

/** @returns a figure with three digits that count, and thousands apart: `1,234`, `12.3`, `0.0123`. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
