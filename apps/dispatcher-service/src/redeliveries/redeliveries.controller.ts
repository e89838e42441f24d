import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import {
  decodeCursor,
  encodeCursor,
  MAX_ACTIVE_REDELIVERIES,
  redeliveryInputSchema,
  redeliveryListQuerySchema,
  uuidSchema,
  type Redelivery,
  type RedeliveryDryRun,
  type RedeliveryInput,
  type RedeliveryListQuery,
  type RedeliveryPage,
} from '@ringback/contracts';
import { body, CurrentActor, param, problem, query, reaches, type Actor } from '@ringback/service-runtime';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { RedeliveriesStore, type RedeliveryChange } from './redeliveries.store.js';

const cursorSchema = z.strictObject({ before: uuidSchema });
const idInPath = param('redeliveryId', uuidSchema);

/** Sends again all that a filter names, at a chosen rate. */
@Controller('v1/redeliveries')
export class RedeliveriesController {
  constructor(@Inject(RedeliveriesStore) private readonly redeliveries: RedeliveriesStore) {}

  /** 201; with `dryRun` 200, and nothing is sent. */
  @Post()
  async create(
    @Body(body(redeliveryInputSchema)) input: RedeliveryInput,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Redelivery | RedeliveryDryRun> {
    const { offerIds } = actor;
    const { offerId } = input.filter;
    if (offerId !== undefined && !reaches(actor, offerId))
      throw problem.unprocessable([{ path: 'filter.offerId', message: `there is no offer ${offerId}: name another, or none for all` }]);
    if (input.dryRun) {
      void reply.status(200);
      return this.redeliveries.dryRun(input, offerIds);
    }
    const outcome = await this.redeliveries.create(input, offerIds, actor.name);
    if (outcome.kind === 'too-many')
      throw problem.conflict(
        `${MAX_ACTIVE_REDELIVERIES} redeliveries are under way, the most there can be: wait for one to end, or cancel one`,
      );
    return outcome.redelivery;
  }

  @Get()
  async list(
    @Query(query(redeliveryListQuerySchema)) { limit, cursor }: RedeliveryListQuery,
    @CurrentActor() actor: Actor,
  ): Promise<RedeliveryPage> {
    const position = cursor === undefined ? null : decodeCursor(cursor, cursorSchema);
    if (cursor !== undefined && position === null)
      throw problem.unprocessable([{ path: 'cursor', message: 'is not one that this list handed out' }]);
    const found = await this.redeliveries.list(actor.offerIds, position?.before ?? null, limit + 1);
    const items = found.slice(0, limit);
    return { items, nextCursor: found.length > limit ? encodeCursor({ before: items.at(-1)!.id }) : null };
  }

  @Get(':redeliveryId')
  async find(@Param('redeliveryId', idInPath) id: string, @CurrentActor() actor: Actor): Promise<Redelivery> {
    const found = await this.redeliveries.find(id, actor.offerIds);
    if (found === null) throw problem.notFound(`redelivery ${id}`);
    return found;
  }

  @Post(':redeliveryId/pause')
  @HttpCode(200)
  pause(@Param('redeliveryId', idInPath) id: string, @CurrentActor() actor: Actor): Promise<Redelivery> {
    return this.#change(id, 'pause', actor);
  }

  @Post(':redeliveryId/resume')
  @HttpCode(200)
  resume(@Param('redeliveryId', idInPath) id: string, @CurrentActor() actor: Actor): Promise<Redelivery> {
    return this.#change(id, 'resume', actor);
  }

  /** What is under way at this moment still arrives. */
  @Post(':redeliveryId/cancel')
  @HttpCode(200)
  cancel(@Param('redeliveryId', idInPath) id: string, @CurrentActor() actor: Actor): Promise<Redelivery> {
    return this.#change(id, 'cancel', actor);
  }

  async #change(id: string, change: RedeliveryChange, actor: Actor): Promise<Redelivery> {
    const outcome = await this.redeliveries.change(id, actor.offerIds, change);
    switch (outcome.kind) {
      case 'done':
        return outcome.redelivery;
      case 'ended':
        throw problem.conflict(`redelivery ${id} is ${outcome.redelivery.state}: create another to send more`);
      case 'unknown':
        throw problem.notFound(`redelivery ${id}`);
    }
  }
}
