import type { CallbackDisabled } from '@ringback/contracts';
import type { ChangeLog } from '../changes/change-log.js';
import { recordNext } from './callback-aggregate.js';
import { pickContent } from './callback-content.js';
import { CallbackEntity } from './callback.entity.js';

/** Stands where a person's name stands for changes that people make. */
const CHANGED_BY = 'dispatcher-service';

/**
 * Disables a callback that the dispatcher gave up, if it still is as it was sent: whatever an admin has made of it since is newer than the
 * failures. Its queue stays with the dispatcher.
 * @returns whether it was disabled now; false also when it had been before, or is deleted.
 */
export async function disableCallback(
  changes: ChangeLog,
  { callbackId, version, reason }: Pick<CallbackDisabled['data'], 'callbackId' | 'version' | 'reason'>,
): Promise<boolean> {
  const { result } = await changes.make(CHANGED_BY, async (change) => {
    const callback = await change.manager.findOneBy(CallbackEntity, { id: callbackId });
    if (callback === null) return { result: false, revision: 0 };
    if (callback.version !== version || callback.deletedAt !== null || !callback.enabled)
      return { result: false, revision: callback.revision };
    const content = { ...pickContent(callback), enabled: false, disabledReason: reason };
    const { revision } = await recordNext(change, callback, content, false);
    return { result: true, revision };
  });
  return result;
}
