import { DAY_MS, LOG_CALLBACKS, LOG_SPREAD } from './log-rows.js';

/** The first page of a list of deliveries, as somebody asks for it. */
export interface LogPage {
  readonly name: string;
  /** Of `GET /v1/deliveries`. */
  readonly query: Readonly<Record<string, string | number>>;
  /** What only the statement that found the page says: how PostgreSQL ran it is told in the document. */
  readonly explained?: { readonly what: string; readonly marker: 'log_chunk' | 'sifted' };
}

const WALKED = 'log_chunk';
const SIFTED = 'sifted';

/** Every filter by itself, where it matches much, little, long ago and nothing; and some together. */
export function logPages(nowMs: number, conversionId: string): readonly LogPage[] {
  const daysAgo = (days: number) => new Date(nowMs - days * DAY_MS).toISOString();
  const rareOffer = LOG_SPREAD.offers - 2;
  const rareAffiliate = LOG_SPREAD.affiliates - 2;
  return [
    { name: 'all', query: {}, explained: { what: 'The newest rows, whatever they are', marker: WALKED } },
    { name: 'an offer with much', query: { offerId: 1 } },
    { name: 'an offer with little', query: { offerId: rareOffer } },
    { name: 'no such offer', query: { offerId: 999_999 } },
    { name: 'an affiliate with much', query: { affiliateId: 1 } },
    { name: 'an affiliate with little', query: { affiliateId: rareAffiliate } },
    { name: 'no such affiliate', query: { affiliateId: 999_999 } },
    {
      name: 'a callback with much',
      query: { callbackId: LOG_CALLBACKS.busiest },
      explained: { what: 'The newest rows, held against a filter', marker: WALKED },
    },
    {
      name: 'a callback with little',
      query: { callbackId: LOG_CALLBACKS.quietest },
      explained: { what: 'The sieve, for a callback with little', marker: SIFTED },
    },
    { name: 'a callback that ended 20 days ago', query: { callbackId: LOG_CALLBACKS.ended } },
    { name: 'no such callback', query: { callbackId: 999_999 }, explained: { what: 'The sieve, for what is nowhere', marker: SIFTED } },
    { name: 'a conversion', query: { conversionId }, explained: { what: 'A conversion', marker: WALKED } },
    { name: 'no such conversion', query: { conversionId: '01900000-0000-7000-8000-000000000000' } },
    { name: 'delivered', query: { status: 'delivered' } },
    { name: 'exhausted', query: { status: 'exhausted' }, explained: { what: 'What was given up', marker: WALKED } },
    { name: 'cancelled', query: { status: 'cancelled' } },
    { name: 'retrying', query: { status: 'retrying' }, explained: { what: 'What is parked', marker: WALKED } },
    { name: 'waiting: there is none', query: { status: 'waiting' } },
    { name: 'answered 200', query: { httpStatus: 200 } },
    { name: 'answered 503', query: { httpStatus: 503 }, explained: { what: 'What was answered other than 200', marker: WALKED } },
    { name: 'answered 418: there is none', query: { httpStatus: 418 } },
    { name: 'a destination', query: { destination: 'https://tracker-12.example' } },
    { name: 'no such destination', query: { destination: 'https://nowhere.example' } },
    { name: 'a week, two weeks ago', query: { from: daysAgo(21), to: daysAgo(14) } },
    { name: 'exhausted of an affiliate with little', query: { status: 'exhausted', affiliateId: rareAffiliate } },
    { name: 'exhausted of a callback that ended', query: { status: 'exhausted', callbackId: LOG_CALLBACKS.ended } },
    { name: 'answered 200, a callback with little', query: { httpStatus: 200, callbackId: LOG_CALLBACKS.quietest } },
    { name: 'answered 503, an offer, a week', query: { httpStatus: 503, offerId: 8, from: daysAgo(21), to: daysAgo(14) } },
    { name: 'an offer and an affiliate that never met', query: { offerId: 1, affiliateId: rareAffiliate } },
    { name: 'retrying of an offer with little', query: { status: 'retrying', offerId: rareOffer } },
  ];
}
