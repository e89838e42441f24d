import { arch, cpus, platform, release, totalmem } from 'node:os';
import type { Row } from './row.js';

export interface Machine {
  readonly at: string;
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
}

export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Row[];
  /** What else there is to say: a plan, a profile. */
  readonly notes: readonly string[];
  readonly seconds: number;
}

export interface BenchResult {
  readonly machine: Machine;
  readonly short: boolean;
  readonly scenarios: readonly ScenarioResult[];
}

export function thisMachine(): Machine {
  return {
    at: new Date().toISOString(),
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
  };
}
