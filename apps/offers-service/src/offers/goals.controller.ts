import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { goalInputSchema, goalPatchSchema, pageQueryShape, type Goal, type Page } from '@ringback/contracts';
import { body, CurrentActor, query, type Actor } from '@ringback/service-runtime';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Changed } from '../changes/change-log.js';
import { answerChange, type InForce } from '../http/answers.js';
import { idParam } from '../http/id-param.js';
import { GoalsService, type GoalInOffer } from './goals.service.js';

const goalListQuerySchema = z.strictObject(pageQueryShape);

/** The ETag of a goal is its offer's: a goal is part of the offer. */
@Controller('v1/offers/:offerId/goals')
export class GoalsController {
  constructor(private readonly goals: GoalsService) {}

  @Get()
  list(
    @Param('offerId', idParam('offerId')) offerId: number,
    @Query(query(goalListQuerySchema)) page: z.infer<typeof goalListQuerySchema>,
  ): Promise<Page<Goal>> {
    return this.goals.list(offerId, page);
  }

  @Post()
  async create(
    @CurrentActor() actor: Actor,
    @Param('offerId', idParam('offerId')) offerId: number,
    @Body(body(goalInputSchema)) input: z.infer<typeof goalInputSchema>,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InForce<Goal>> {
    const changed = await this.goals.create(actor.name, offerId, input, ifMatch);
    return answerGoal(reply, changed, `/v1/offers/${offerId}/goals/${changed.result.goal.id}`);
  }

  @Patch(':goalId')
  async patch(
    @CurrentActor() actor: Actor,
    @Param('offerId', idParam('offerId')) offerId: number,
    @Param('goalId', idParam('goalId')) goalId: number,
    @Body(body(goalPatchSchema)) patch: z.infer<typeof goalPatchSchema>,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InForce<Goal>> {
    return answerGoal(reply, await this.goals.patch(actor.name, offerId, goalId, patch, ifMatch));
  }

  /** Archives the goal: callbacks and conversions that have it keep it, new ones are refused. */
  @Delete(':goalId')
  async archive(
    @CurrentActor() actor: Actor,
    @Param('offerId', idParam('offerId')) offerId: number,
    @Param('goalId', idParam('goalId')) goalId: number,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InForce<Goal>> {
    return answerGoal(reply, await this.goals.patch(actor.name, offerId, goalId, { archived: true }, ifMatch));
  }
}

function answerGoal(reply: FastifyReply, { result, inForce }: Changed<GoalInOffer>, created?: string): InForce<Goal> {
  return answerChange(reply, { result: result.goal, inForce }, { version: result.offerVersion, ...(created ? { created } : {}) });
}
