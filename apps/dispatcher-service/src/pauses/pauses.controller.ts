import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import {
  decodeCursor,
  encodeCursor,
  idSchema,
  MAX_PAUSES,
  PAUSE_KEYS,
  pauseInputSchema,
  pauseListQuerySchema,
  type Pause,
  type PauseInput,
  type PauseListQuery,
  type PausePage,
} from '@ringback/contracts';
import { body, CurrentActor, param, problem, query, requireWholeReach, type Actor } from '@ringback/service-runtime';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { readDestination } from '../callback-index/destination.js';
import { PausesStore } from './pauses.store.js';

const cursorSchema = z.strictObject({ before: idSchema });

/** Stops deliveries, and lets them go on: what is due meanwhile is kept. */
@Controller('v1/pauses')
export class PausesController {
  constructor(@Inject(PausesStore) private readonly pauses: PausesStore) {}

  /** 201; the same again: the one that stands, 200. */
  @Post()
  async create(
    @Body(body(pauseInputSchema)) input: PauseInput,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Pause> {
    requireWholeReach(actor, 'make pauses');
    const { scope, reason = null } = input;
    const outcome = await this.pauses.add({ scope, key: keyOf(input), reason, createdBy: actor.name });
    switch (outcome.kind) {
      case 'paused':
        return outcome.pause;
      case 'paused-before':
        void reply.status(200);
        return outcome.pause;
      case 'too-many':
        throw problem.conflict(
          `there are ${MAX_PAUSES} pauses, the most there can be: delete some, or pause a whole destination or affiliate`,
        );
    }
  }

  @Get()
  async list(@CurrentActor() actor: Actor, @Query(query(pauseListQuerySchema)) { limit, cursor }: PauseListQuery): Promise<PausePage> {
    requireWholeReach(actor, 'see pauses');
    const position = cursor === undefined ? null : decodeCursor(cursor, cursorSchema);
    if (cursor !== undefined && position === null)
      throw problem.unprocessable([{ path: 'cursor', message: 'is not one that this list handed out' }]);
    const found = await this.pauses.list(position?.before ?? null, limit + 1);
    const items = found.slice(0, limit);
    return { items, nextCursor: found.length > limit ? encodeCursor({ before: items.at(-1)!.id }) : null };
  }

  @Delete(':pauseId')
  @HttpCode(204)
  async remove(
    @CurrentActor() actor: Actor,
    @Param('pauseId', param('pauseId', z.coerce.number().pipe(idSchema))) id: number,
  ): Promise<void> {
    requireWholeReach(actor, 'end pauses');
    if (!(await this.pauses.remove(id))) throw problem.notFound(`pause ${id}`);
  }
}

/** @returns the key as dispatchers compare it. @throws {ProblemError} 422 when it names no destination. */
function keyOf({ scope, key }: PauseInput): string {
  if (scope !== 'destination') return String(key ?? '');
  const destination = readDestination(String(key));
  if (destination !== null) return destination;
  throw problem.unprocessable([{ path: 'key', message: `${PAUSE_KEYS.destination}, and nothing after the port` }]);
}
