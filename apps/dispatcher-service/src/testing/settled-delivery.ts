import type { Delivery } from '../delivery/delivery.js';
import { aDelivery } from './deliveries.js';

export interface SettledSetting {
  readonly callbackId?: number;
  readonly version?: number;
  readonly atMs: number;
  /** 2xx: delivered. Default 500. */
  readonly status?: number;
  /** Where it failed: nothing more is tried. */
  readonly exhausted?: boolean;
}

/** @returns a delivery whose one attempt has ended, as it comes to the recorder. */
export function aSettledDelivery({ callbackId = 1, version = 1, atMs, status = 500, exhausted = false }: SettledSetting): Delivery {
  const delivery = aDelivery('http://a:80', callbackId);
  const isDelivered = status < 300;
  const error = isDelivered ? null : `answered ${status}`;
  delivery.state = 'done';
  delivery.attempts = 1;
  delivery.httpStatus = status;
  delivery.attempt = {
    number: 1,
    startedAtMs: atMs,
    durationMs: 5,
    httpStatus: status,
    error,
    exchange: null,
    exchangeLost: false,
    callbackVersion: version,
    isGone: status === 410,
  };
  if (error === null) delivery.outcome = { kind: 'delivered' };
  else delivery.outcome = exhausted ? { kind: 'exhausted', error } : { kind: 'retry', error, dueAtMs: atMs + 5_000 };
  return delivery;
}
