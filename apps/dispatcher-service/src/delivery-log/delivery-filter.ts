import type { DeliveryListQuery } from '@ringback/contracts';

/** Which deliveries are wanted, beside when their events were recorded. */
export type DeliveryFilter = Pick<
  DeliveryListQuery,
  'offerId' | 'affiliateId' | 'callbackId' | 'conversionId' | 'status' | 'httpStatus' | 'destination'
> & {
  /** To who asks, nothing of other offers is there; null: all of them are. */
  readonly offerIds: readonly number[] | null;
};

/** The answer of nearly every delivery: rows with it are not in the index of answers (migration 3). */
const COMMON_HTTP_STATUS = 200;

/** Conditions in SQL over the columns of one table. */
export interface TableConditions {
  /** Those that an index in the order of ids leads to. */
  readonly indexed: string;
  /** Those that each row is held against. */
  readonly others: string;
}

/** @param bind takes a value and returns its placeholder */
export function logConditions(filter: DeliveryFilter, bind: (value: unknown) => string): TableConditions {
  const { conversionId, status, httpStatus } = filter;
  const indexed: string[] = [];
  const others = sharedConditions(filter, bind);
  if (conversionId !== undefined) indexed.push(`conversion_id = ${bind(conversionId)}`);
  if (httpStatus !== undefined) (httpStatus === COMMON_HTTP_STATUS ? others : indexed).push(`http_status = ${bind(httpStatus)}`);
  switch (status) {
    case undefined:
      break;
    case 'waiting':
    case 'retrying':
      indexed.push('false');
      break;
    case 'delivered':
      others.push(`status = 'delivered'`);
      break;
    case 'exhausted':
    case 'cancelled':
      indexed.push(`status = '${status}'`);
      break;
  }
  return { indexed: joined(indexed), others: joined(others) };
}

/** As {@link logConditions}, over `parked`. */
export function parkedConditions(filter: DeliveryFilter, bind: (value: unknown) => string): TableConditions {
  const { conversionId, status, httpStatus } = filter;
  const indexed: string[] = [];
  const others = sharedConditions(filter, bind);
  if (conversionId !== undefined) indexed.push(`conversion_id = ${bind(conversionId)}`);
  if (httpStatus !== undefined) others.push(`http_status = ${bind(httpStatus)}`);
  switch (status) {
    case undefined:
      break;
    case 'waiting':
      others.push('(attempts = 0 or redelivery_id is not null)');
      break;
    case 'retrying':
      others.push('attempts > 0 and redelivery_id is null');
      break;
    case 'delivered':
    case 'exhausted':
    case 'cancelled':
      indexed.push('false');
      break;
  }
  return { indexed: joined(indexed), others: joined(others) };
}

/** Whether an index of the log, beside the primary key, leads to them in the order of ids. */
export function isIndexed({ conversionId, status, httpStatus }: DeliveryFilter): boolean {
  const isAnswer = httpStatus !== undefined && httpStatus !== COMMON_HTTP_STATUS;
  return conversionId !== undefined || isAnswer || status === 'exhausted' || status === 'cancelled';
}

/** Whether the sieve over the log (migration 3) can tell which of its pages have none of these. */
export function canBeSifted({ offerId, affiliateId, callbackId, destination, offerIds }: DeliveryFilter): boolean {
  return [offerId, affiliateId, callbackId, destination].some((value) => value !== undefined) || offerIds !== null;
}

function sharedConditions(filter: DeliveryFilter, bind: (value: unknown) => string): string[] {
  const { offerId, affiliateId, callbackId, destination, offerIds } = filter;
  const conditions: string[] = [];
  if (offerId !== undefined) conditions.push(`offer_id = ${bind(offerId)}`);
  if (affiliateId !== undefined) conditions.push(`affiliate_id = ${bind(affiliateId)}`);
  if (callbackId !== undefined) conditions.push(`callback_id = ${bind(callbackId)}`);
  if (destination !== undefined) conditions.push(`destination = ${bind(destination)}`);
  if (offerIds !== null) conditions.push(`offer_id = any(${bind(offerIds)}::integer[])`);
  return conditions;
}

function joined(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : conditions.join(' and ');
}
