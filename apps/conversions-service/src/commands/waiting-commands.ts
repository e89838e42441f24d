import type { JobWatch, Logger } from '@ringback/service-runtime';
import { isTransient } from '../ledger/is-transient.js';
import { LedgerError } from '../ledger/ledger-error.js';
import type { LedgerContext } from '../ledger/ledger-context.js';
import { anyWaiting } from '../ledger/statements/any-waiting.js';
import { RepeatingTask } from '../repeating-task.js';
import { sweepWaiting } from './sweep-waiting.js';

/** While commands wait: so that one is answered at most this late, in ms. */
const BUSY_INTERVAL_MS = 500;
/** While none does: for those that another process stored and did not live to answer, in ms. */
const IDLE_INTERVAL_MS = 10_000;

/** Answers waiting commands when their wait is over. Wake it when a command was stored to wait. Any number of processes may run it. */
export function waitingCommandsTask(context: LedgerContext, logger: Logger, jobs?: JobWatch): RepeatingTask {
  return new RepeatingTask({
    name: 'waiting commands',
    logger,
    jobs,
    isTransient,
    retryAfterMs: BUSY_INTERVAL_MS,
    run: async () => {
      if ((await sweepUnlessRaced(context)) > 0) return 0;
      return (await anyWaiting(context.pool)) ? BUSY_INTERVAL_MS : IDLE_INTERVAL_MS;
    },
  });
}

/** Another process answering the same commands at the same time is no failure. */
async function sweepUnlessRaced(context: LedgerContext): Promise<number> {
  try {
    return await sweepWaiting(context);
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'raced') return 0;
    throw error;
  }
}
