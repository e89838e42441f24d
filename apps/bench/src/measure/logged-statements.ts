/**
 * Counts statements in PostgreSQL's log (`log_statement = 'all'`, `log_line_prefix = '%m [%p] %a '`).
 * @returns application name → statements; what opens and ends a transaction is none
 */
export function statementsIn(log: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of log.split('\n')) {
    const match = /^\S+ \S+ \S+ \[\d+\] (.*) LOG: {2}(?:statement|execute [^:]*): *(.*)$/.exec(line);
    if (match === null || /^(begin|commit|rollback|start transaction)\b/i.test(match[2]!)) continue;
    counts.set(match[1]!, (counts.get(match[1]!) ?? 0) + 1);
  }
  return counts;
}
