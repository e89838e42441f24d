import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Put, Query, Res } from '@nestjs/common';
import {
  conversionBatchSchema,
  conversionInputSchema,
  conversionListQuerySchema,
  fieldErrors,
  idempotencyKeySchema,
  statusBatchSchema,
  statusChangeInputSchema,
  uuidSchema,
  type BatchAnswer,
  type Conversion,
  type ConversionDetail,
  type ConversionInput,
  type ConversionListQuery,
  type ConversionPage,
  type StatusChangeInput,
} from '@ringback/contracts';
import { body, CurrentActor, CurrentTraceparent, param, problem, query, reaches, type Actor } from '@ringback/service-runtime';
import type { FastifyReply } from 'fastify';
import { KeyNeeds } from '../access/api-key-callers.js';
import { unknownOffer } from '../configuration/check-recording.js';
import { eraseConversion } from '../ledger/erase-conversions.js';
import { changeStatuses } from '../ledger/change-statuses.js';
import type { LedgerContext } from '../ledger/ledger-context.js';
import { recordConversions } from '../ledger/record-conversions.js';
import { SharedRecordings } from '../ledger/shared-recordings.js';
import { changeBatch, recordBatch } from './conversion-batches.js';
import { findConversion, listConversions } from './conversions.read-model.js';
import { refusalError } from './refusal-problem.js';

/** Provider token of the {@link LedgerContext}. */
export const LEDGER_CONTEXT = Symbol('LedgerContext');

/** The wire of `/v1/conversions`. */
@Controller('v1/conversions')
export class ConversionsController {
  readonly #singles: SharedRecordings;

  constructor(@Inject(LEDGER_CONTEXT) private readonly context: LedgerContext) {
    this.#singles = new SharedRecordings((requests) => recordConversions(context, requests));
  }

  /** 201; the same `Idempotency-Key`, or the same `transactionId` within the offer: the first conversion, 200, or 422 if the body differs. */
  @Post()
  @KeyNeeds('conversions:write')
  async record(
    @CurrentActor() actor: Actor,
    @Body(body(conversionInputSchema)) input: ConversionInput,
    @Headers('idempotency-key') header: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
    @CurrentTraceparent() traceparent: string | undefined,
  ): Promise<Conversion> {
    const key = readIdempotencyKey(header);
    if (!reaches(actor, input.offerId)) throw refusalError(unknownOffer(input.offerId));
    this.#refuseWhileFull();
    const outcome = await this.#singles.record({ input, key, traceparent });
    if (outcome.outcome === 'refused') throw refusalError(outcome);
    void reply.status(outcome.outcome === 'recorded' ? 201 : 200);
    return outcome.conversion;
  }

  @Post('batch')
  @KeyNeeds('conversions:write')
  @HttpCode(200)
  async recordBatch(
    @CurrentActor() actor: Actor,
    @Body(body(conversionBatchSchema)) { items }: { items: unknown[] },
    @CurrentTraceparent() traceparent: string | undefined,
  ): Promise<BatchAnswer> {
    this.#refuseWhileFull();
    return recordBatch(this.context, items, actor, traceparent);
  }

  @Post('statuses')
  @KeyNeeds('conversions:write')
  @HttpCode(200)
  async changeBatch(
    @CurrentActor() actor: Actor,
    @Body(body(statusBatchSchema)) { items }: { items: unknown[] },
    @CurrentTraceparent() traceparent: string | undefined,
  ): Promise<BatchAnswer> {
    this.#refuseWhileFull();
    return changeBatch(this.context, items, actor, traceparent);
  }

  @Put(':id/status')
  @KeyNeeds('conversions:write')
  async change(
    @CurrentActor() actor: Actor,
    @Param('id', param('id', uuidSchema)) id: string,
    @Body(body(statusChangeInputSchema)) change: StatusChangeInput,
    @CurrentTraceparent() traceparent: string | undefined,
  ): Promise<Conversion> {
    this.#refuseWhileFull();
    const [outcome] = await changeStatuses(this.context, [{ id, change }], actor, traceparent);
    if (outcome!.outcome === 'refused') throw refusalError(outcome!);
    return outcome!.conversion;
  }

  /** Erases what may tell who a person is. 200 with what is left, also when it was erased before. */
  @Post(':id/erasure')
  @HttpCode(200)
  async erase(@CurrentActor() actor: Actor, @Param('id', param('id', uuidSchema)) id: string): Promise<ConversionDetail> {
    this.#refuseWhileFull();
    await this.one(actor, id);
    if (!(await eraseConversion(this.context, id))) throw problem.notFound(`conversion ${id}`);
    return this.one(actor, id);
  }

  @Get()
  @KeyNeeds('conversions:read')
  async list(
    @CurrentActor() { offerIds }: Actor,
    @Query(query(conversionListQuerySchema)) filter: ConversionListQuery,
  ): Promise<ConversionPage> {
    return listConversions(this.context.pool, filter, offerIds);
  }

  @Get(':id')
  @KeyNeeds('conversions:read')
  async one(@CurrentActor() actor: Actor, @Param('id', param('id', uuidSchema)) id: string): Promise<ConversionDetail> {
    const found = await findConversion(this.context.pool, id);
    if (found === null || !reaches(actor, found.offerId)) throw problem.notFound(`conversion ${id}`);
    return found;
  }

  #refuseWhileFull(): void {
    if (this.context.relay.isFull()) throw problem.unavailable('Too many events wait for Kafka: try again shortly.');
  }
}

function readIdempotencyKey(header: string | undefined) {
  if (header === undefined) return null;
  const parsed = idempotencyKeySchema.safeParse(header);
  if (!parsed.success) throw problem.unprocessable(fieldErrors(parsed.error, 'Idempotency-Key'));
  return { source: '', key: parsed.data };
}
