import type { SystemSettings } from '@ringback/testbed';
import { readConfig } from './config.js';
import { LocalError } from './local-error.js';
import { Progress } from './progress.js';
import { System } from './system.js';

/** A Ctrl-C reaches us once from the terminal and once through those who started us: within this time it is one, in ms. */
const SAME_SIGNAL_MS = 700;

/**
 * Starts the system, does `work` with it, stops it, and ends this process.
 * @param work resolves with the exit code; `signal` is aborted when the user wants to stop
 */
export async function runSystem(work: (settings: SystemSettings, signal: AbortSignal) => Promise<number>): Promise<never> {
  const print = (line: string) => console.log(line);
  // A terminal that went away must not end us before everything is stopped.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  // Children do not keep this process alive, and neither does waiting for a signal.
  setInterval(() => undefined, 60_000);
  const stopping = new AbortController();
  let system: System | null = null;

  let firstAt = 0;
  let hurried = false;
  const onStop = () => {
    if (!stopping.signal.aborted) {
      firstAt = performance.now();
      stopping.abort();
      print('\nStopping. Data is kept.');
      void system?.stop().catch(() => undefined);
    } else if (!hurried && performance.now() - firstAt > SAME_SIGNAL_MS) {
      hurried = true;
      print('Stopping at once.');
      void system?.stop(true).catch(() => undefined);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onStop);
  // The one who started us is gone.
  if (process.connected) process.on('disconnect', () => !stopping.signal.aborted && onStop());

  let code: number;
  try {
    const config = readConfig();
    system = new System(config, new Progress(print));
    print('Starting Ringback:');
    const settings = await system.start();
    code = await work(settings, stopping.signal);
  } catch (error) {
    code = stopping.signal.aborted ? 0 : 1;
    if (code !== 0) report(error);
  }
  await system?.stop();
  print('Stopped.');
  process.exit(code);
}

/** One line for what the user can put right; what a process said last goes before it. */
function report(error: unknown): void {
  if (error instanceof LocalError) {
    if (error.o.detail) console.error(indent(error.o.detail));
    console.error(`ringback: ${error.message}`);
  } else console.error('ringback: this should not have happened:', error);
}

function indent(text: string): string {
  return text
    .trim()
    .split('\n')
    .slice(-15)
    .map((line) => `  | ${line}`)
    .join('\n');
}
