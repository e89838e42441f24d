import { z } from 'zod';
import { text } from './text.js';

/** Largest id of an affiliate, offer, goal or callback: PostgreSQL's `integer`. */
export const MAX_ID = 2_147_483_647;

/** Id of an affiliate, offer, goal or callback. */
export const idSchema = z.int().min(1).max(MAX_ID);

/** Id of a conversion or an event: UUIDv7 (RFC 9562 §5.7), lower case. */
export const uuidSchema = z.uuid().toLowerCase();

/** Money as a decimal string: up to 15 digits, up to 6 decimals. No sign: what is taken back is a rejected conversion. */
export const moneySchema = z.string().regex(/^\d{1,15}(\.\d{1,6})?$/, 'must be a decimal string such as "12.50"');

/** ISO 4217 alphabetic code. */
export const currencySchema = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as "EUR"');

/** A point in time, ISO 8601 in UTC, as `Date#toISOString` writes it. */
export const timestampSchema = z.iso.datetime({ offset: true });

/** A point in time that PostgreSQL is asked about: of the years and the offsets that it knows (its manual, §8.5 and §B.1). */
export const askedTimeSchema = timestampSchema
  .refine((value) => !value.startsWith('0000'), 'the year must be 0001 or later')
  .refine((value) => !/[+-](1[6-9]|2\d):\d\d$/.test(value), 'the offset from UTC must be less than 16 hours');

export const conversionStatusSchema = z.enum(['pending', 'done', 'rejected']);
export type ConversionStatus = z.infer<typeof conversionStatusSchema>;

export const offerStatusSchema = z.enum(['active', 'paused', 'archived']);
export type OfferStatus = z.infer<typeof offerStatusSchema>;

/** Why a conversion was rejected, in the advertiser's words. */
export const rejectReasonSchema = text(1000);
