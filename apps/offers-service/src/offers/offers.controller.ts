import { Body, Controller, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { offerInputSchema, offerListQuerySchema, offerPatchSchema, type Offer, type Page } from '@ringback/contracts';
import { body, CurrentActor, query, requireWholeReach, type Actor } from '@ringback/service-runtime';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { answerChange, answerCurrent, type InForce } from '../http/answers.js';
import { idParam } from '../http/id-param.js';
import { OffersService } from './offers.service.js';

@Controller('v1/offers')
export class OffersController {
  constructor(private readonly offers: OffersService) {}

  @Get()
  list(
    @CurrentActor() { offerIds }: Actor,
    @Query(query(offerListQuerySchema)) page: z.infer<typeof offerListQuerySchema>,
  ): Promise<Page<Offer>> {
    return this.offers.list(page, offerIds);
  }

  @Post()
  async create(
    @CurrentActor() actor: Actor,
    @Body(body(offerInputSchema)) input: z.infer<typeof offerInputSchema>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InForce<Offer>> {
    requireWholeReach(actor, 'create offers');
    const changed = await this.offers.create(actor.name, input);
    return answerChange(reply, changed, { created: `/v1/offers/${changed.result.id}` });
  }

  @Get(':offerId')
  async read(@Param('offerId', idParam('offerId')) id: number, @Res({ passthrough: true }) reply: FastifyReply): Promise<Offer> {
    return answerCurrent(reply, await this.offers.read(id));
  }

  @Patch(':offerId')
  async patch(
    @CurrentActor() actor: Actor,
    @Param('offerId', idParam('offerId')) id: number,
    @Body(body(offerPatchSchema)) patch: z.infer<typeof offerPatchSchema>,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InForce<Offer>> {
    return answerChange(reply, await this.offers.patch(actor.name, id, patch, ifMatch));
  }
}
