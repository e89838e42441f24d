import {
  CONVERSIONS_SOURCE,
  encodeEvent,
  MAX_MESSAGE_BYTES,
  type CommandRejected,
  type Conversion,
  type ConversionCommand,
  type ConversionCreated,
  type StatusChanged,
} from '@ringback/contracts';
import type { Refusal } from './refusal.js';

/** Room kept in a new conversion's event for what changes of status may add: a reject reason of 1,000 characters, escaped, and names. */
const STATUS_HEADROOM_BYTES = 8 * 1024;
/** Largest `ConversionCreated`, in bytes: so every later `StatusChanged` of the conversion fits into a message too. */
export const MAX_CREATED_BYTES = MAX_MESSAGE_BYTES - STATUS_HEADROOM_BYTES;

/** @param traceparent of the trace that it is part of; the ledger does not keep it */
export function conversionCreated(eventId: string, revision: number, conversion: Conversion, traceparent?: string): Buffer {
  const event: ConversionCreated = {
    specversion: '1.0',
    id: eventId,
    source: CONVERSIONS_SOURCE,
    type: 'ConversionCreated',
    subject: conversion.id,
    time: conversion.createdAt,
    datacontenttype: 'application/json',
    traceparent,
    data: { revision, conversion },
  };
  return encodeEvent(event);
}

/** @param traceparent of the trace that it is part of; the ledger does not keep it */
export function statusChanged(
  eventId: string,
  revision: number,
  conversion: Conversion,
  previousStatus: Conversion['status'],
  traceparent?: string,
): Buffer {
  const event: StatusChanged = {
    specversion: '1.0',
    id: eventId,
    source: CONVERSIONS_SOURCE,
    type: 'StatusChanged',
    subject: conversion.id,
    time: conversion.statusAt,
    datacontenttype: 'application/json',
    traceparent,
    data: { revision, conversion, previousStatus },
  };
  return encodeEvent(event);
}

/** What a refusal tells of its command. */
export type RefusedCommand = Pick<ConversionCommand, 'id' | 'source' | 'type'> & {
  readonly data: { readonly offerId: number; readonly transactionId: string };
};

export function commandRejected(eventId: string, time: string, command: RefusedCommand, refusal: Refusal): Buffer {
  const event: CommandRejected = {
    specversion: '1.0',
    id: eventId,
    source: CONVERSIONS_SOURCE,
    type: 'CommandRejected',
    subject: command.id,
    time,
    datacontenttype: 'application/json',
    data: {
      commandId: command.id,
      commandSource: command.source,
      commandType: command.type,
      offerId: command.data.offerId,
      transactionId: command.data.transactionId,
      detail: refusal.detail,
      errors: [...refusal.errors],
    },
  };
  return encodeEvent(event);
}
