import { z } from 'zod';
import {
  conversionStatusSchema,
  currencySchema,
  idSchema,
  moneySchema,
  rejectReasonSchema,
  timestampSchema,
  uuidSchema,
} from './fields.js';
import { name, text } from './text.js';

const numbered = <Prefix extends 'sub' | 'adv'>(prefix: Prefix) =>
  Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`${prefix}${index + 1}`, text(1024).optional()])) as Record<
    `${Prefix}${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10}`,
    z.ZodOptional<z.ZodString>
  >;

/** What the sender may tell about a conversion beside its ids and status. All optional; strings as given. */
export const conversionDetailShape = {
  transactionId: name(255).optional(),
  clickId: text(255).optional(),
  affiliateClickId: text(1024).optional(),
  payout: moneySchema.optional(),
  revenue: moneySchema.optional(),
  saleAmount: moneySchema.optional(),
  currency: currencySchema.optional(),
  source: text(255).optional(),
  ...numbered('sub'),
  ...numbered('adv'),
  clickTime: timestampSchema.optional(),
  ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  country: text(64).optional(),
  region: text(255).optional(),
  city: text(255).optional(),
  userAgent: text(1024).optional(),
  deviceType: text(64).optional(),
  os: text(128).optional(),
  browser: text(128).optional(),
  language: text(64).optional(),
  gclid: text(512).optional(),
  fbclid: text(512).optional(),
  ttclid: text(512).optional(),
  idfa: text(64).optional(),
  gaid: text(64).optional(),
  promoCode: text(255).optional(),
  userId: text(255).optional(),
  /** The conversion's own parameters, read by the macro `{param.<key>}`. */
  params: z
    .record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'a key is 1 to 64 of A-Z a-z 0-9 _ -'), text(2048))
    .refine((params) => Object.keys(params).length <= 50, 'at most 50 entries')
    .optional(),
} as const;

/** A conversion as its sender reports it. Unknown fields are refused. */
export const conversionInputSchema = z
  .strictObject({
    offerId: idSchema,
    affiliateId: idSchema,
    goalId: idSchema.nullish(),
    status: conversionStatusSchema,
    rejectReason: rejectReasonSchema.optional(),
    ...conversionDetailShape,
  })
  .superRefine((input, context) => {
    const money = (['payout', 'revenue', 'saleAmount'] as const).find((field) => input[field] !== undefined);
    if (money !== undefined && input.currency === undefined)
      context.addIssue({ code: 'custom', path: ['currency'], message: `is required beside ${money}: give its ISO 4217 code` });
    if (input.rejectReason !== undefined && input.status !== 'rejected')
      context.addIssue({ code: 'custom', path: ['rejectReason'], message: 'goes with status "rejected" only' });
  });
export type ConversionInput = z.infer<typeof conversionInputSchema>;

/** A recorded conversion: what every event carries whole. `version` counts 1, 2, 3… with each change of status. */
export const conversionSchema = z.object({
  id: uuidSchema,
  version: z.int().min(1),
  offerId: idSchema,
  affiliateId: idSchema,
  goalId: idSchema.nullable(),
  status: conversionStatusSchema,
  rejectReason: rejectReasonSchema.nullable(),
  ...conversionDetailShape,
  /** When the conversion was recorded. */
  createdAt: timestampSchema,
  /** When its status last changed; `createdAt` for version 1. */
  statusAt: timestampSchema,
  /** When its personal fields were erased; they are left out from then on. */
  erasedAt: timestampSchema.optional(),
});
export type Conversion = z.infer<typeof conversionSchema>;

/** A change of a conversion's status, as its sender asks for it. */
export const statusChangeInputSchema = z
  .strictObject({ status: conversionStatusSchema, rejectReason: rejectReasonSchema.optional() })
  .superRefine((input, context) => {
    if (input.rejectReason !== undefined && input.status !== 'rejected')
      context.addIssue({ code: 'custom', path: ['rejectReason'], message: 'goes with status "rejected" only' });
  });
export type StatusChangeInput = z.infer<typeof statusChangeInputSchema>;
