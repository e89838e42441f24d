import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import {
  deadLetterIdSchema,
  deadLetterListQuerySchema,
  deadLetterReplayInputSchema,
  deadLettersReplayInputSchema,
  decodeCursor,
  encodeCursor,
  parseDeadLetterId,
  type DeadLetterDetail,
  type DeadLetterListQuery,
  type DeadLetterPage,
  type DeadLetterPosition,
  type DeadLetterReplayInput,
  type DeadLettersReplay,
  type DeadLettersReplayInput,
  type DeadLetterView,
} from '@ringback/contracts';
import { z } from 'zod';
import { problem } from './problem-error.js';
import { CurrentActor, requireWholeReach, type Actor } from './service-token.js';
import { body, param, query } from './validation.js';

/** Provider token of the {@link DeadLetterSource}. */
export const DEAD_LETTERS = Symbol('DEAD_LETTERS');

/** What a service that consumes has to give, to show and replay its dead letters. */
export interface DeadLetterSource {
  list(query: DeadLetterListQuery, before: DeadLetterPosition | null): Promise<{ items: DeadLetterView[]; more: boolean }>;
  find(position: DeadLetterPosition): Promise<DeadLetterDetail | null>;
  replay(
    position: DeadLetterPosition,
    by: string,
    force: boolean,
  ): Promise<
    | { readonly kind: 'replayed'; readonly letter: DeadLetterView }
    | { readonly kind: 'not-found' }
    | { readonly kind: 'refused'; readonly why: string }
    | { readonly kind: 'unavailable'; readonly cause: unknown }
  >;
  replayAll(
    input: DeadLettersReplayInput,
    by: string,
  ): Promise<DeadLettersReplay | { readonly kind: 'unavailable'; readonly cause: unknown }>;
}

const KAFKA_AWAY = 'Kafka is away: try again shortly';
const cursorSchema = z.strictObject({ before: deadLetterIdSchema });

/**
 * The wire of `/v1/dead-letters`, the same in every service that consumes. Ids name the service; here they are all its own. What could not be
 * read belongs to no offer that anybody knows of: whoever is limited to some sees none of it.
 */
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(@Inject(DEAD_LETTERS) private readonly letters: DeadLetterSource) {}

  @Get()
  async list(@CurrentActor() actor: Actor, @Query(query(deadLetterListQuerySchema)) filter: DeadLetterListQuery): Promise<DeadLetterPage> {
    requireWholeReach(actor, 'see dead letters');
    const position = filter.cursor === undefined ? null : decodeCursor(filter.cursor, cursorSchema);
    if (filter.cursor !== undefined && position === null)
      throw problem.unprocessable([{ path: 'cursor', message: 'is not one that this list handed out' }]);
    const { items, more } = await this.letters.list(filter, position === null ? null : parseDeadLetterId(position.before));
    const last = items.at(-1);
    return { items, nextCursor: more && last !== undefined ? encodeCursor({ before: last.id }) : null };
  }

  @Get(':id')
  async find(@CurrentActor() actor: Actor, @Param('id', param('id', deadLetterIdSchema)) id: string): Promise<DeadLetterDetail> {
    requireWholeReach(actor, 'see dead letters');
    const letter = await this.letters.find(parseDeadLetterId(id)!);
    if (letter === null) throw problem.notFound(`dead letter ${id}`);
    return letter;
  }

  @Post('replay')
  @HttpCode(200)
  async replayAll(
    @Body(body(deadLettersReplayInputSchema)) input: DeadLettersReplayInput,
    @CurrentActor() actor: Actor,
  ): Promise<DeadLettersReplay> {
    requireWholeReach(actor, 'replay dead letters');
    const outcome = await this.letters.replayAll(input, actor.name);
    if ('kind' in outcome) throw problem.unavailable(KAFKA_AWAY, outcome.cause);
    return outcome;
  }

  @Post(':id/replay')
  @HttpCode(200)
  async replay(
    @Param('id', param('id', deadLetterIdSchema)) id: string,
    @Body(body(deadLetterReplayInputSchema.prefault({}))) { force }: DeadLetterReplayInput,
    @CurrentActor() actor: Actor,
  ): Promise<DeadLetterView> {
    requireWholeReach(actor, 'replay dead letters');
    const outcome = await this.letters.replay(parseDeadLetterId(id)!, actor.name, force);
    switch (outcome.kind) {
      case 'replayed':
        return outcome.letter;
      case 'not-found':
        throw problem.notFound(`dead letter ${id}`);
      case 'refused':
        throw problem.conflict(outcome.why);
      case 'unavailable':
        throw problem.unavailable(KAFKA_AWAY, outcome.cause);
    }
  }
}
