import type { JobWatch, Logger } from '@ringback/service-runtime';
import { RepeatingTask } from '../repeating-task.js';
import { eraseOlder } from './erase-conversions.js';
import { isTransient } from './is-transient.js';
import type { LedgerContext } from './ledger-context.js';
import { deleteOldConversions } from './statements/delete-old-conversions.js';
import { uuidV7Floor } from './uuid-v7-source.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Of one statement: it holds no lock for long, and other work goes between. */
const BATCH = 500;
/** Between two batches while there is more to do, in ms: at most 2,500 conversions a second beside all else. */
const PAUSE_MS = 200;
const INTERVAL_MS = 60 * 60 * 1000;
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';

/** Deletes conversions whose last change is longer ago than they are to be kept, in batches. Any number of processes may run it. */
export function oldConversionsTask(
  context: Pick<LedgerContext, 'pool' | 'now'>,
  days: number,
  logger: Logger,
  jobs?: JobWatch,
): RepeatingTask {
  let after = LOWEST_ID;
  return new RepeatingTask({
    name: 'old conversions',
    logger,
    jobs,
    isTransient,
    retryAfterMs: 10_000,
    run: async () => {
      const changedBeforeMs = context.now() - days * DAY_MS;
      const { deleted, last } = await deleteOldConversions(context.pool, {
        after,
        below: uuidV7Floor(changedBeforeMs),
        changedBeforeMs,
        limit: BATCH,
      });
      if (deleted > 0) logger.info({ deleted, days }, 'conversions that are older than they are to be kept are deleted');
      after = last ?? LOWEST_ID;
      return last === null ? INTERVAL_MS : PAUSE_MS;
    },
  });
}

/** Erases the personal data of conversions that were recorded longer ago than it is to be kept, in batches; one process at a time. */
export function oldPersonalDataTask(
  context: Pick<LedgerContext, 'pool' | 'topics' | 'relay' | 'ids' | 'now'>,
  days: number,
  logger: Logger,
  jobs?: JobWatch,
): RepeatingTask {
  return new RepeatingTask({
    name: 'old personal data',
    logger,
    jobs,
    isTransient,
    retryAfterMs: 10_000,
    run: async () => {
      // What is to be published first goes first.
      if (context.relay.isFull()) return PAUSE_MS;
      const { erased, isFull } = await eraseOlder(context, context.now() - days * DAY_MS, BATCH);
      if (erased > 0) logger.info({ erased, days }, 'personal data that is older than it is to be kept is erased');
      return isFull ? PAUSE_MS : INTERVAL_MS;
    },
  });
}
