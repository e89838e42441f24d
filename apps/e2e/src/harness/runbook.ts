import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKSPACE } from '@ringback/testbed';

/** What docs/runbook.md says of an alert. */
export interface RunbookEntry {
  readonly heading: string;
  /** As a link names it. */
  readonly anchor: string;
  readonly text: string;
  /** One a line. */
  readonly commands: readonly string[];
}

/** @returns the headings under "Alerts". */
export function runbookEntries(): RunbookEntry[] {
  const text = readFileSync(join(WORKSPACE, 'docs/runbook.md'), 'utf8');
  const alerts = text.slice(text.indexOf('\n## Alerts\n') + 1).split(/\n## /)[0]!;
  return alerts
    .split('\n### ')
    .slice(1)
    .map((entry) => {
      const heading = entry.slice(0, entry.indexOf('\n'));
      const blocks = [...entry.matchAll(/^```sh\n([\s\S]*?)\n```$/gm)].map(([, block]) => block!);
      const commands = blocks.flatMap((block) => block.split('\n'));
      return { heading, anchor: anchorOf(heading), text: entry, commands };
    });
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}
