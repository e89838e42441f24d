import type { JobWatch, Logger } from '@ringback/service-runtime';
import { RepeatingTask } from '../repeating-task.js';
import { isTransient } from './is-transient.js';
import type { LedgerContext } from './ledger-context.js';
import { deleteExpiredKeys } from './statements/delete-expired-keys.js';

/** How long a key stands for what it was first used for, in ms. */
export const KEY_RETENTION_MS = 7 * 24 * 60 * 60 * 1000;
/** Most keys of one statement: it holds no lock for long. */
const BATCH_KEYS = 5_000;
const INTERVAL_MS = 5 * 60 * 1000;

/** Deletes idempotency keys after their 7 days, in batches. Any number of processes may run it. */
export function expiredKeysTask(context: Pick<LedgerContext, 'pool' | 'now'>, logger: Logger, jobs?: JobWatch): RepeatingTask {
  return new RepeatingTask({
    name: 'expired keys',
    logger,
    jobs,
    isTransient,
    retryAfterMs: 10_000,
    run: async () => {
      const deleted = await deleteExpiredKeys(context.pool, context.now() - KEY_RETENTION_MS, BATCH_KEYS);
      if (deleted > 0) logger.info({ deleted }, 'idempotency keys of more than 7 days ago are deleted');
      return deleted === BATCH_KEYS ? 0 : INTERVAL_MS;
    },
  });
}
