import { Controller, Get, Inject, Query } from '@nestjs/common';
import {
  decodeCursor,
  encodeCursor,
  failingCallbackListQuerySchema,
  idSchema,
  type FailingCallbackListQuery,
  type FailingCallbackPage,
} from '@ringback/contracts';
import { CurrentActor, problem, query, type Actor } from '@ringback/service-runtime';
import { z } from 'zod';
import { FailingCallbacksReadModel } from './failing-callbacks.read-model.js';

const cursorSchema = z.strictObject({ sinceUs: z.int(), callbackId: idSchema });

/** Which callbacks are about to be disabled, and which were. */
@Controller('v1/failing-callbacks')
export class FailingCallbacksController {
  constructor(@Inject(FailingCallbacksReadModel) private readonly failing: FailingCallbacksReadModel) {}

  @Get()
  async list(
    @CurrentActor() { offerIds }: Actor,
    @Query(query(failingCallbackListQuerySchema)) { limit, cursor }: FailingCallbackListQuery,
  ): Promise<FailingCallbackPage> {
    const position = cursor === undefined ? null : decodeCursor(cursor, cursorSchema);
    if (cursor !== undefined && position === null)
      throw problem.unprocessable([{ path: 'cursor', message: 'is not one that this list handed out' }]);
    const { items, next } = await this.failing.list(offerIds, position, limit);
    return { items, nextCursor: next === null ? null : encodeCursor({ ...next }) };
  }
}
