import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { protect, sendSignal, unprotect } from '@ringback/testbed';
import { z } from 'zod';

/** What jest writes with `--json --outputFile`, as far as it is read here. Times in ms since the epoch. */
const jestReportSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  /** Spec files that could not be loaded: none of their tests is counted anywhere. */
  numRuntimeErrorTestSuites: z.int(),
  testResults: z.array(z.object({ name: z.string(), startTime: z.number(), endTime: z.number() })),
});

export interface SpecFile {
  readonly path: string;
  readonly ms: number;
}

/** What one step of the run came to. Steps without tests count as one. */
export interface StepResult {
  readonly passed: number;
  readonly failed: number;
  /** Tests that were left out (`skip`, `todo`). */
  readonly skipped: number;
  readonly files: readonly SpecFile[];
}

/** @returns what a jest run came to. A run that left no report, or failed without a failed test, is one failure. */
export function readJestReport(reportPath: string, exitCode: number | null): StepResult {
  if (!existsSync(reportPath)) return { passed: 0, failed: 1, skipped: 0, files: [] };
  const report = jestReportSchema.parse(JSON.parse(readFileSync(reportPath, 'utf8')));
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
    files: report.testResults.map(({ name, startTime, endTime }) => ({ path: name, ms: Math.max(0, endTime - startTime) })),
  };
}

/**
 * Runs a command to its end with our output and no input.
 * @param timeoutMs then it, and all of its process group, is killed
 * @returns its exit code, null when it was killed
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  o: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs: number; signal: AbortSignal },
): Promise<number | null> {
  const child = spawn(command, [...args], { cwd: o.cwd, env: o.env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  const kill = () => child.pid !== undefined && sendSignal(-child.pid, 'SIGKILL');
  // Its group is its own, so that we can end all of it; it must not outlive us either.
  if (child.pid !== undefined) protect(child.pid, { name: command, signal: 'SIGKILL', order: 0 });
  const timer = setTimeout(kill, o.timeoutMs);
  o.signal.addEventListener('abort', kill, { once: true });
  try {
    return await new Promise<number | null>((resolve) => {
      child.once('error', (error) => {
        console.error(`${command}: ${error.message}`);
        resolve(127);
      });
      child.once('exit', (code) => resolve(code));
    });
  } finally {
    clearTimeout(timer);
    o.signal.removeEventListener('abort', kill);
    if (child.pid !== undefined) unprotect(child.pid);
    // What it left running in its group would hold our output open.
    kill();
  }
}

/** @returns the longest first, at most `count`. */
export function slowest(files: readonly SpecFile[], count: number): SpecFile[] {
  return [...files].sort((a, b) => b.ms - a.ms).slice(0, count);
}
