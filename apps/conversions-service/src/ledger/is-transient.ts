import { EventStreamError } from '@ringback/event-stream';
import { isDatabaseAway } from '@ringback/service-runtime';
import { LedgerError } from './ledger-error.js';

/** @returns whether what failed passes by itself, so that the same is to be tried again. */
export function isTransient(error: unknown): boolean {
  if (error instanceof LedgerError || isDatabaseAway(error)) return true;
  return error instanceof EventStreamError && error.code === 'KAFKA_UNAVAILABLE';
}
