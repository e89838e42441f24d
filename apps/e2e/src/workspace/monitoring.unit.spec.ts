import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKSPACE } from '@ringback/testbed';
import { parse } from 'yaml';
import { documentedMetrics } from '../harness/metrics-document.js';
import { runbookEntries } from '../harness/runbook.js';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly summary?: string; readonly runbook_url?: string };
}
interface AlertTest {
  readonly alertname: string;
  readonly exp_alerts: readonly object[];
}

const folder = join(WORKSPACE, 'k8s/components/monitoring');
const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const rules = (parse(read('rules.yaml')) as { spec: { groups: { rules: Rule[] }[] } }).spec.groups.flatMap(({ rules }) => rules);
const alerts = rules.filter(({ alert }) => alert !== undefined);
const tests = readdirSync(folder)
  .filter((file) => file.endsWith('.test.yaml'))
  .flatMap((file) => (parse(read(file)) as { tests: { alert_rule_test: AlertTest[] }[] }).tests)
  .flatMap(({ alert_rule_test: of }) => of);
const dashboards = readdirSync(join(folder, 'dashboards'));

/** Metrics, and what rules make of them; a histogram is asked for by its parts. */
const known = new Set([
  'up',
  ...rules.flatMap(({ record }) => record ?? []),
  ...documentedMetrics().flatMap(({ name, type }) => (type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])),
]);
const askedFor = (expr: string) =>
  [...expr.replace(/"[^"]*"/g, '').matchAll(/\b(?:ringback|nodejs|process)[\w:]*|\bup\b/g)].map(([name]) => name);

describe('an alert', () => {
  const entries = runbookEntries();

  it.each(alerts.map((rule) => [rule.alert!, rule] as const))(
    '%s calls somebody, says why, and leads to a heading of the runbook',
    (_, rule) => {
      expect(['page', 'ticket']).toContain(rule.labels?.severity);
      expect(rule.annotations?.summary).toMatch(/\S/);
      expect(entries.map(({ anchor }) => `docs/runbook.md#${anchor}`)).toContain(rule.annotations?.runbook_url);
    },
  );

  it.each(rules.map((rule) => [rule.alert ?? rule.record!, rule.expr] as const))('%s asks only for metrics that are there', (_, expr) => {
    const names = askedFor(expr);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(alerts.map(({ alert }) => alert!))('%s is tried: where it fires, and where it does not', (alert) => {
    const tried = tests.filter(({ alertname }) => alertname === alert).map(({ exp_alerts: fired }) => fired.length > 0);
    expect(tried).toContain(true);
    expect(tried).toContain(false);
  });

  it.each(entries.map((entry) => [entry.heading, entry] as const))(
    'has under "%s" what it means, three commands, a remedy, and whom to call next',
    (_, entry) => {
      expect(alerts.map(({ annotations }) => annotations?.runbook_url)).toContain(`docs/runbook.md#${entry.anchor}`);
      for (const part of ['**Means**:', '**Remedy**:', '**Escalate**:']) expect(entry.text.split(part)).toHaveLength(2);
      expect(entry.commands).toHaveLength(3);
      for (const link of entry.text.matchAll(/\]\(#([a-z-]+)\)/g)) expect(entries.map(({ anchor }) => anchor)).toContain(link[1]);
    },
  );
});

describe('a dashboard', () => {
  interface Panel {
    readonly title: string;
    readonly type: string;
    readonly targets?: readonly { readonly expr: string }[];
    readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  }
  const panelsOf = (file: string) => (JSON.parse(read(join('dashboards', file))) as { panels: Panel[] }).panels;

  it.each(dashboards)('%s shows only metrics that are there', (file) => {
    const targets = panelsOf(file).flatMap(({ targets = [] }) => targets);
    expect(targets.length).toBeGreaterThan(0);
    for (const { expr } of targets) {
      expect(askedFor(expr).length).toBeGreaterThan(0);
      expect(askedFor(expr).filter((name) => !known.has(name))).toEqual([]);
    }
  });

  it.each(dashboards)('%s has its panels side by side, none over another', (file) => {
    const cells = panelsOf(file).flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: h * w }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('is given to Grafana by the cluster', () => {
    const { configMapGenerator } = parse(read('kustomization.yaml')) as { configMapGenerator: { files: string[] }[] };
    expect(configMapGenerator.flatMap(({ files }) => files).toSorted()).toEqual(dashboards.map((file) => `dashboards/${file}`).toSorted());
  });
});
