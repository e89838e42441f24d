import { readFileSync } from 'node:fs';

/**
 * Finds a plan that `auto_explain` wrote into PostgreSQL's log.
 * @param isWanted told the text of the query and its plan
 * @returns the plan of the last such entry, without the query; null when there is none
 */
export function loggedPlan(log: string, isWanted: (query: string, plan: string) => boolean): string | null {
  let found: string | null = null;
  for (const entry of log.split(/^(?=\S)/m)) {
    const [head, text] = entry.split(/plan:\n\tQuery Text:/);
    if (text === undefined) continue;
    // The query's own lines are indented with a tab too: the plan begins with the first node that has a cost.
    const lines = text.split('\n');
    const first = lines.findIndex((line) => /^\t[A-Z].*\(cost=/.test(line));
    if (first === -1) continue;
    const plan = lines
      .slice(first)
      .map((line) => line.replace(/^\t/, ''))
      .join('\n')
      .trimEnd();
    const duration = /duration: ([\d.]+ ms)/.exec(head ?? '')?.[1] ?? '';
    if (isWanted(lines.slice(0, first).join('\n'), plan)) found = `${plan}\nDuration: ${duration}`;
  }
  return found;
}

export function loggedPlanIn(logPath: string, isWanted: (query: string, plan: string) => boolean): string | null {
  return loggedPlan(readFileSync(logPath, 'utf8'), isWanted);
}
