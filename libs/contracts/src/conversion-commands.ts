import { z } from 'zod';
import { cloudEventSchema, eventDecoder, type CloudEvent } from './cloud-event.js';
import { conversionInputSchema, type ConversionInput } from './conversion.js';
import { conversionStatusSchema, idSchema, rejectReasonSchema, type ConversionStatus } from './fields.js';
import { name } from './text.js';

const transactionId = name(255);

/** Asks for a conversion to be recorded. The key of the message is `offerId:transactionId`; (source, id) is the idempotency key. */
export const recordConversionSchema = cloudEventSchema('RecordConversion', conversionInputSchema.safeExtend({ transactionId }));
/** Asks for the status of the conversion with this transaction id to be changed. */
export const changeStatusSchema = cloudEventSchema(
  'ChangeStatus',
  z.strictObject({ offerId: idSchema, transactionId, status: conversionStatusSchema, rejectReason: rejectReasonSchema.optional() }),
);

export type RecordConversion = CloudEvent<'RecordConversion', ConversionInput & { transactionId: string }>;
export type ChangeStatus = CloudEvent<
  'ChangeStatus',
  { offerId: number; transactionId: string; status: ConversionStatus; rejectReason?: string | undefined }
>;
export type ConversionCommand = RecordConversion | ChangeStatus;

export const decodeConversionCommand = eventDecoder<ConversionCommand>({
  RecordConversion: recordConversionSchema,
  ChangeStatus: changeStatusSchema,
});

/** @returns the key of a command's message: commands for one transaction stay in order. */
export function commandKey(command: ConversionCommand): string {
  return `${command.data.offerId}:${command.data.transactionId}`;
}

/** On `conversions.commands.rejected`, keyed like the command: why a readable command was refused. */
export const commandRejectedSchema = cloudEventSchema(
  'CommandRejected',
  z.object({
    commandId: z.string(),
    commandSource: z.string(),
    commandType: z.enum(['RecordConversion', 'ChangeStatus']),
    offerId: idSchema,
    transactionId: z.string(),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
  }),
);
export type CommandRejected = z.infer<typeof commandRejectedSchema>;
