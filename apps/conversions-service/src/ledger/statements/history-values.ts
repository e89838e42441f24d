import { int4Array, int8Array, textArray, timestamptzArray, uuidArray } from '@ringback/postgres-arrays';
import type { HistoryRow } from '../ledger-writes.js';

/**
 * @returns rows of `status_history` as parameters: conversion_id, version, event_id, status, previous_status, reject_reason, revision, at
 */
export function historyValues(history: readonly HistoryRow[]): Buffer[] {
  return [
    uuidArray(history.map(({ conversionId }) => conversionId)),
    int4Array(history.map(({ version }) => version)),
    uuidArray(history.map(({ eventId }) => eventId)),
    textArray(history.map(({ status }) => status)),
    textArray(history.map(({ previousStatus }) => previousStatus)),
    textArray(history.map(({ rejectReason }) => rejectReason)),
    int8Array(history.map(({ revision }) => revision)),
    timestamptzArray(history.map(({ at }) => Date.parse(at))),
  ];
}
