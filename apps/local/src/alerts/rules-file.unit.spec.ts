import { parse } from 'yaml';
import { readRules, rulesFile } from './rules-file.js';

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert?: string; readonly expr: string; readonly for?: string }[] }[];
}

describe('the rules file', () => {
  const rules = {
    groups: [
      {
        name: 'spec',
        rules: [
          { alert: 'Late', expr: 'rate(late_total[5m]) > 0 and sum(lag) > sum(lag offset 10m)', for: '1h' },
          { record: 'late:rate1d', expr: 'rate(late_total[1d])' },
        ],
      },
    ],
  };

  it('is what the resource of the cluster says, as Prometheus reads it', () => {
    expect(parse(rulesFile(readRules()))).toEqual(readRules());
    expect((parse(rulesFile(readRules())) as Rules).groups.length).toBeGreaterThan(0);
  });

  it('has every window, every look back and every wait shorter where time runs faster, and none below what can be seen', () => {
    const { groups } = parse(rulesFile(rules, 60)) as Rules;
    expect(groups[0]!.rules).toEqual([
      { alert: 'Late', expr: 'rate(late_total[5s]) > 0 and sum(lag) > sum(lag offset 20s)', for: '60s' },
      { record: 'late:rate1d', expr: 'rate(late_total[1440s])' },
    ]);
    expect(rulesFile(rules, 600)).toContain('[5s]');
  });

  it('waits less for what is old, but not so little that it is reached where all is well', () => {
    const exprOf = (alert: string) =>
      (parse(rulesFile(readRules(), 60)) as Rules).groups.flatMap((group) => group.rules).find((rule) => rule.alert === alert)!.expr;
    expect(exprOf('RingbackJobsFail')).toMatch(/> 180$/);
    expect(exprOf('RingbackStatisticsBehind')).toMatch(/tally_age_seconds\) > 120 .*hours_behind_seconds\) > 3 \* 3600$/);
  });
});
