import type { CallbackVersion } from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from 'typeorm';
import type { Change } from '../changes/change.js';
import { pickContent, type CallbackContent } from './callback-content.js';
import { CallbackEntity } from './callback.entity.js';

/** @returns the callback, deleted or not. @throws {ProblemError} 404 */
export async function findEvenDeleted(manager: EntityManager, offerId: number, id: number): Promise<CallbackEntity> {
  const callback = await manager.findOneBy(CallbackEntity, { id, offerId });
  if (callback === null) throw problem.notFound(`callback ${id} of offer ${offerId}`);
  return callback;
}

/** @returns the callback. @throws {ProblemError} 404, also when it is deleted */
export async function findCallback(manager: EntityManager, offerId: number, id: number): Promise<CallbackEntity> {
  const callback = await findEvenDeleted(manager, offerId, id);
  if (callback.deletedAt !== null) throw problem.notFound(`callback ${id} of offer ${offerId}`);
  return callback;
}

/** @returns the id for a new callback. Ids ascend; one drawn in vain is not used again. */
export async function drawCallbackId(manager: EntityManager): Promise<number> {
  const rows: { id: number }[] = await manager.query(`select nextval(pg_get_serial_sequence('offers.callback', 'id'))::integer as id`);
  return rows[0]!.id;
}

/** Makes version 1 of a callback. `content` is sealed. */
export async function recordNew(change: Change, id: number, offerId: number, content: CallbackContent): Promise<CallbackEntity> {
  const callback = change.manager.create(CallbackEntity, { id, offerId, ...content, deletedAt: null, ...change.stamp() });
  await change.manager.insert(CallbackEntity, callback);
  await change.record('CallbackChanged', callbackData(change, callback));
  return callback;
}

/** Makes the next version, unless nothing is different. `content` is sealed. */
export async function recordNext(
  change: Change,
  callback: CallbackEntity,
  content: CallbackContent,
  isDeleted: boolean,
): Promise<CallbackEntity> {
  const isSame = isDeleted === (callback.deletedAt !== null) && isDeepStrictEqual(pickContent(callback), pickContent(content));
  if (isSame) return callback;
  const stamp = change.stamp(callback);
  Object.assign(callback, content, stamp, { deletedAt: isDeleted ? stamp.updatedAt : null });
  await change.manager.save(callback);
  await change.record('CallbackChanged', callbackData(change, callback));
  return callback;
}

function callbackData(change: Change, callback: CallbackEntity): CallbackVersion {
  return {
    id: callback.id,
    offerId: callback.offerId,
    ...pickContent(callback),
    deletedAt: callback.deletedAt?.toISOString() ?? null,
    ...change.recordStamp(callback),
  };
}
