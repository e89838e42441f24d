import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKSPACE } from '@ringback/testbed';
import { parse, stringify } from 'yaml';

/** Where the rules stand as a resource of Kubernetes, with the files that try them. */
export const MONITORING = join(WORKSPACE, 'k8s/components/monitoring');

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
}
interface RuleGroups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

/** @returns the rules as Prometheus itself reads them: what the operator makes of the resource. */
export function readRules(): RuleGroups {
  const { spec } = parse(readFileSync(join(MONITORING, 'rules.yaml'), 'utf8')) as { spec: RuleGroups };
  return spec;
}

/** Ages that an alert waits for, in s, and the least they can be: where all is well they must not be reached. */
const AGES: Readonly<Record<string, { readonly written: string; readonly ageS: number; readonly leastS: number }>> = {
  RingbackJobsFail: { written: '> 3 * 3600', ageS: 3 * 3_600, leastS: 60 },
  // Tallies are summed once a minute, and their age is read once a minute.
  RingbackStatisticsBehind: { written: '> 600', ageS: 600, leastS: 120 },
};

/**
 * @param faster every window, every wait and the {@link AGES} are shorter by this factor, but no window and no wait than 5 s, no look back than 20 s
 * @returns a rules file for Prometheus
 */
export function rulesFile(rules: RuleGroups, faster = 1): string {
  if (faster === 1) return stringify(rules);
  const shorter = (duration: string, leastS = 5) => `${Math.max(leastS, Math.round(secondsOf(duration) / faster))}s`;
  const groups = rules.groups.map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) => ({
      ...rule,
      expr: rule.expr
        .replace(/\[(\d+[smhd])\]/g, (_, window: string) => `[${shorter(window)}]`)
        .replace(/offset (\d+[smhd])/g, (_, ago: string) => `offset ${shorter(ago, LAG_KEPT_TWICE_S)}`)
        .replace(...age(rule.alert, faster)),
      ...(rule.for === undefined ? {} : { for: shorter(rule.for) }),
    })),
  }));
  return stringify({ groups });
}

/** What stands for the age that an alert waits for, and what does where time runs faster. */
function age(alert: string | undefined, faster: number): [written: string, shorter: string] {
  const age = AGES[alert ?? ''];
  return age === undefined ? ['', ''] : [age.written, `> ${Math.max(age.leastS, age.ageS / faster)}`];
}

/** A lag is asked for every 10 s: what is to be compared must have been asked for anew. */
const LAG_KEPT_TWICE_S = 20;

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 };

function secondsOf(duration: string): number {
  return Number(duration.slice(0, -1)) * SECONDS[duration.at(-1) as keyof typeof SECONDS];
}
