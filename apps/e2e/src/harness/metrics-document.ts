import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKSPACE } from '@ringback/testbed';

/** A row of docs/metrics.md: a metric, and what is promised of it. */
export interface DocumentedMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  /** The services that show it. */
  readonly services: readonly string[];
}

/** A metric as a service shows it. */
export interface ShownMetric {
  readonly type: string;
  /** By label, the values that were seen; `le` is left out. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
}

const SERVICES: Readonly<Record<string, readonly string[]>> = {
  all: ['gateway', 'offers-service', 'conversions-service', 'dispatcher-service'],
  consumers: ['offers-service', 'conversions-service', 'dispatcher-service'],
  jobs: ['offers-service', 'conversions-service', 'dispatcher-service'],
  dispatcher: ['dispatcher-service'],
};

const text = () => readFileSync(join(WORKSPACE, 'docs/metrics.md'), 'utf8');

/** @returns every metric that docs/metrics.md describes. */
export function documentedMetrics(): DocumentedMetric[] {
  return [...text().matchAll(/^\| `(\w+)` +\| (counter|gauge|histogram) +\| (.*?) +\| (\w+) +\|/gm)].map(
    ([, name, type, labels, where]) => ({
      name: name!,
      type: type!,
      labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!),
      services: SERVICES[where!]!,
    }),
  );
}

/** @returns by label, how many values it may have at most. */
export function labelBounds(): ReadonlyMap<string, number> {
  return new Map([...text().matchAll(/^\| `(\w+)` +\| +(\d+) +\|/gm)].map(([, label, bound]) => [label!, Number(bound)]));
}

/** @returns what an answer of `/metrics` holds, by name. */
export function shownMetrics(answer: string): ReadonlyMap<string, ShownMetric> {
  const metrics = new Map<string, { type: string; labels: Map<string, Set<string>> }>();
  for (const [, name, type] of answer.matchAll(/^# TYPE (\w+) (\w+)$/gm)) metrics.set(name!, { type: type!, labels: new Map() });
  for (const [, sample, labels] of answer.matchAll(/^(\w+)\{(.*)\} \S+$/gm)) {
    const metric = metrics.get(sample!) ?? metrics.get(sample!.replace(/_(bucket|sum|count)$/, ''))!;
    for (const [, label, value] of labels!.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      if (label === 'le') continue;
      const values = metric.labels.get(label!) ?? new Set();
      metric.labels.set(label!, values.add(value!));
    }
  }
  return metrics;
}
