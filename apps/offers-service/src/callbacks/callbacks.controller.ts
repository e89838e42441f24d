import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import {
  callbackDiffQuerySchema,
  callbackInputSchema,
  callbackListQuerySchema,
  callbackPatchSchema,
  pageQueryShape,
  previewRequestSchema,
  type Callback,
  type CallbackDiff,
  type CallbackDiffQuery,
  type CallbackInput,
  type CallbackPatch,
  type CallbackVersionView,
  type Page,
  type Preview,
  type PreviewRequest,
} from '@ringback/contracts';
import { body, CurrentActor, query, type Actor } from '@ringback/service-runtime';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { answerChange, answerCurrent, type InForce } from '../http/answers.js';
import { idParam } from '../http/id-param.js';
import { CallbackPreviewService } from './callback-preview.service.js';
import { CallbackVersionsService } from './callback-versions.service.js';
import { CallbacksService } from './callbacks.service.js';

const versionListQuerySchema = z.strictObject(pageQueryShape);

@Controller('v1/offers/:offerId/callbacks')
export class CallbacksController {
  constructor(
    private readonly callbacks: CallbacksService,
    private readonly versions: CallbackVersionsService,
    private readonly previews: CallbackPreviewService,
  ) {}

  @Get()
  list(
    @Param('offerId', idParam('offerId')) offerId: number,
    @Query(query(callbackListQuerySchema)) page: z.infer<typeof callbackListQuerySchema>,
  ): Promise<Page<Callback>> {
    return this.callbacks.list(offerId, page);
  }

  @Post()
  async create(
    @CurrentActor() actor: Actor,
    @Param('offerId', idParam('offerId')) offerId: number,
    @Body(body(callbackInputSchema)) input: CallbackInput,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InForce<Callback>> {
    const changed = await this.callbacks.create(actor.name, offerId, input);
    return answerChange(reply, changed, { created: `/v1/offers/${offerId}/callbacks/${changed.result.id}` });
  }

  @Post('preview')
  @HttpCode(200)
  preview(
    @Param('offerId', idParam('offerId')) offerId: number,
    @Body(body(previewRequestSchema)) request: PreviewRequest,
  ): Promise<Preview> {
    return this.previews.preview(offerId, request);
  }

  @Get(':callbackId')
  async read(
    @Param('offerId', idParam('offerId')) offerId: number,
    @Param('callbackId', idParam('callbackId')) id: number,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Callback> {
    return answerCurrent(reply, await this.callbacks.read(offerId, id));
  }

  @Patch(':callbackId')
  async patch(
    @CurrentActor() actor: Actor,
    @Param('offerId', idParam('offerId')) offerId: number,
    @Param('callbackId', idParam('callbackId')) id: number,
    @Body(body(callbackPatchSchema)) patch: CallbackPatch,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InForce<Callback>> {
    return answerChange(reply, await this.callbacks.patch(actor.name, offerId, id, patch, ifMatch));
  }

  /** 204 once in force; 202 with `inForce: false` when it is stored only. */
  @Delete(':callbackId')
  async remove(
    @CurrentActor() actor: Actor,
    @Param('offerId', idParam('offerId')) offerId: number,
    @Param('callbackId', idParam('callbackId')) id: number,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ inForce: false } | undefined> {
    const { inForce } = await this.callbacks.remove(actor.name, offerId, id, ifMatch);
    void reply.status(inForce ? 204 : 202);
    return inForce ? undefined : { inForce };
  }

  @Get(':callbackId/versions')
  listVersions(
    @Param('offerId', idParam('offerId')) offerId: number,
    @Param('callbackId', idParam('callbackId')) id: number,
    @Query(query(versionListQuerySchema)) page: z.infer<typeof versionListQuerySchema>,
  ): Promise<Page<CallbackVersionView>> {
    return this.versions.list(offerId, id, page);
  }

  @Get(':callbackId/versions/:version/diff')
  diff(
    @Param('offerId', idParam('offerId')) offerId: number,
    @Param('callbackId', idParam('callbackId')) id: number,
    @Param('version', idParam('version')) version: number,
    @Query(query(callbackDiffQuerySchema)) { to }: CallbackDiffQuery,
  ): Promise<CallbackDiff> {
    return this.versions.diff(offerId, id, version, to);
  }

  @Post(':callbackId/versions/:version/restore')
  async restore(
    @CurrentActor() actor: Actor,
    @Param('offerId', idParam('offerId')) offerId: number,
    @Param('callbackId', idParam('callbackId')) id: number,
    @Param('version', idParam('version')) version: number,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InForce<Callback>> {
    return answerChange(reply, await this.versions.restore(actor.name, offerId, id, version, ifMatch));
  }
}
