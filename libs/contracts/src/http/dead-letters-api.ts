import { z } from 'zod';
import { askedTimeSchema } from '../fields.js';
import { text } from '../text.js';
import { bodySchema } from './deliveries-api.js';
import { pageQueryShape, pageSchema } from './paging.js';

/** The services that consume, each of which keeps the dead letters of what it could not read or work. */
export const DEAD_LETTER_SERVICES = ['dispatcher-service', 'conversions-service', 'offers-service'] as const;
export const deadLetterServiceSchema = z.enum(DEAD_LETTER_SERVICES);
export type DeadLetterService = z.infer<typeof deadLetterServiceSchema>;

/** Most letters that one request replays. */
export const MAX_REPLAYED = 1_000;

const ID = /^(dispatcher-service|conversions-service|offers-service):([A-Za-z0-9._-]{1,249}):(\d{1,9}):(\d{1,15})$/;

/** `<service>:<topic>:<partition>:<offset>`, the topic with the deployment's prefix. */
export const deadLetterIdSchema = z.string().regex(ID, 'must be an id of a dead letter: <service>:<topic>:<partition>:<offset>');

/** Where a message stands that became a dead letter. */
export interface DeadLetterPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export function deadLetterId(service: DeadLetterService, { topic, partition, offset }: DeadLetterPosition): string {
  return `${service}:${topic}:${partition}:${offset}`;
}

/** @returns whose letter it is and which, or null for what is no id of one. */
export function parseDeadLetterId(id: string): (DeadLetterPosition & { readonly service: DeadLetterService }) | null {
  const parts = ID.exec(id);
  if (parts === null) return null;
  return { service: parts[1] as DeadLetterService, topic: parts[2]!, partition: Number(parts[3]), offset: Number(parts[4]) };
}

/** A message that could not be read, or worked. */
export const deadLetterSchema = z.object({
  id: deadLetterIdSchema,
  service: deadLetterServiceSchema,
  topic: z.string(),
  partition: z.int(),
  offset: z.int(),
  /** `code: detail` */
  reason: z.string(),
  recordedAt: z.string(),
  /** When, and by whom, it was put into its topic once more. */
  replayedAt: z.string().nullable(),
  replayedBy: z.string().nullable(),
});
export type DeadLetterView = z.infer<typeof deadLetterSchema>;

/** The message as it came, its value up to 64 KiB. */
export const deadLetterDetailSchema = deadLetterSchema.extend({ key: bodySchema.nullable(), value: bodySchema.nullable() });
export type DeadLetterDetail = z.infer<typeof deadLetterDetailSchema>;

export const deadLetterPageSchema = pageSchema(deadLetterSchema);
export type DeadLetterPage = z.infer<typeof deadLetterPageSchema>;

const filterShape = {
  service: deadLetterServiceSchema.optional(),
  /** The code before the colon: `unreadable`, `too-old`, `history-gone`… */
  reason: text(100).min(1).optional(),
  from: askedTimeSchema.optional(),
  to: askedTimeSchema.optional(),
};

export const deadLetterListQuerySchema = z.strictObject({
  ...pageQueryShape,
  ...filterShape,
  replayed: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
});
export type DeadLetterListQuery = z.infer<typeof deadLetterListQuerySchema>;

/** `force`: although it was replayed before. */
export const deadLetterReplayInputSchema = z.strictObject({ force: z.boolean().default(false) });
export type DeadLetterReplayInput = z.infer<typeof deadLetterReplayInputSchema>;

/** All that match and were not replayed before, the oldest first. */
export const deadLettersReplayInputSchema = z.strictObject({
  ...filterShape,
  limit: z.int().min(1).max(MAX_REPLAYED).default(MAX_REPLAYED),
});
export type DeadLettersReplayInput = z.infer<typeof deadLettersReplayInputSchema>;

export const deadLettersReplaySchema = z.object({
  replayed: z.int(),
  /** How many cannot be, and why, of the first 100. */
  refusedCount: z.int(),
  refused: z.array(z.object({ id: deadLetterIdSchema, why: z.string() })),
  /** The limit was reached: there may be more. */
  more: z.boolean(),
});
export type DeadLettersReplay = z.infer<typeof deadLettersReplaySchema>;
