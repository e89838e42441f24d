import { Body, Controller, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { affiliateInputSchema, affiliateListQuerySchema, affiliatePatchSchema, type Affiliate, type Page } from '@ringback/contracts';
import { body, CurrentActor, query, requireWholeReach, type Actor } from '@ringback/service-runtime';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { answerChange, answerCurrent, type InForce } from '../http/answers.js';
import { idParam } from '../http/id-param.js';
import { AffiliatesService } from './affiliates.service.js';

@Controller('v1/affiliates')
export class AffiliatesController {
  constructor(private readonly affiliates: AffiliatesService) {}

  @Get()
  list(@Query(query(affiliateListQuerySchema)) page: z.infer<typeof affiliateListQuerySchema>): Promise<Page<Affiliate>> {
    return this.affiliates.list(page);
  }

  @Post()
  async create(
    @CurrentActor() actor: Actor,
    @Body(body(affiliateInputSchema)) input: z.infer<typeof affiliateInputSchema>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InForce<Affiliate>> {
    requireWholeReach(actor, 'create affiliates');
    const changed = await this.affiliates.create(actor.name, input);
    return answerChange(reply, changed, { created: `/v1/affiliates/${changed.result.id}` });
  }

  @Get(':affiliateId')
  async read(
    @Param('affiliateId', idParam('affiliateId')) id: number,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Affiliate> {
    return answerCurrent(reply, await this.affiliates.read(id));
  }

  @Patch(':affiliateId')
  async patch(
    @CurrentActor() actor: Actor,
    @Param('affiliateId', idParam('affiliateId')) id: number,
    @Body(body(affiliatePatchSchema)) patch: z.infer<typeof affiliatePatchSchema>,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InForce<Affiliate>> {
    requireWholeReach(actor, 'edit affiliates');
    return answerChange(reply, await this.affiliates.patch(actor.name, id, patch, ifMatch));
  }
}
