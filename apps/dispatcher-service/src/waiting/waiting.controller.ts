import { Controller, Get, Inject, Query } from '@nestjs/common';
import {
  decodeCursor,
  encodeCursor,
  idSchema,
  PAUSE_KEYS,
  splitIds,
  waitingQuerySchema,
  type WaitingPage,
  type WaitingQuery,
} from '@ringback/contracts';
import { CurrentActor, problem, query, type Actor } from '@ringback/service-runtime';
import { z } from 'zod';
import { NO_DESTINATION, readDestination } from '../callback-index/destination.js';
import { WaitingReadModel } from './waiting.read-model.js';

const afterDestination = z.strictObject({ after: z.string() });
const afterCallback = z.strictObject({ after: idSchema });

/** What waits for whom, and why. */
@Controller('v1/waiting')
export class WaitingController {
  constructor(@Inject(WaitingReadModel) private readonly waiting: WaitingReadModel) {}

  @Get()
  async read(
    @CurrentActor() { offerIds }: Actor,
    @Query(query(waitingQuerySchema)) { limit, cursor, callbackId, destination }: WaitingQuery,
  ): Promise<WaitingPage> {
    const filter = {
      callbackIds: callbackId === undefined ? null : splitIds(callbackId),
      destination: destination === undefined ? null : asListed(destination),
      offerIds,
    };
    const isPerCallback = filter.callbackIds !== null || filter.destination !== null;
    const position =
      cursor === undefined ? null : decodeCursor<{ after: string | number }>(cursor, isPerCallback ? afterCallback : afterDestination);
    if (cursor !== undefined && position === null)
      throw problem.unprocessable([{ path: 'cursor', message: 'is not one that this list handed out' }]);
    const { lag, items, next } = await this.waiting.read(filter, position?.after ?? null, limit);
    return { lag, items, nextCursor: next === null ? null : encodeCursor({ after: next }) };
  }
}

/** @throws {ProblemError} 422 when it names no destination. */
function asListed(destination: string): string {
  if (destination === NO_DESTINATION) return destination;
  const read = readDestination(destination);
  if (read === null) throw problem.unprocessable([{ path: 'destination', message: PAUSE_KEYS.destination }]);
  return read;
}
