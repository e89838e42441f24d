import { SingleBar } from 'cli-progress';
import type { Step } from '../scenario.js';

/** Says what is being done: a bar in a terminal, whole lines elsewhere. */
export function startStep(what: string, total: number | undefined): Step {
  const startedAt = performance.now();
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1);
  if (!process.stdout.isTTY || total === undefined) {
    console.log(`  … ${what}`);
    let tenth = 0;
    return {
      at: (done) => {
        const now = Math.floor((10 * done) / (total ?? Infinity));
        if (now <= tenth || now >= 10) return;
        tenth = now;
        console.log(`  … ${what}: ${10 * now} %, ${seconds()} s`);
      },
      done: () => console.log(`  ✓ ${what} (${seconds()} s)`),
    };
  }
  const bar = new SingleBar({
    format: `  {bar} ${what} {percentage} %, {duration_formatted}`,
    hideCursor: true,
    barsize: 30,
    clearOnComplete: true,
  });
  bar.start(total, 0);
  return {
    at: (done) => bar.update(Math.min(done, total)),
    done: () => {
      bar.stop();
      console.log(`  ✓ ${what} (${seconds()} s)`);
    },
  };
}
