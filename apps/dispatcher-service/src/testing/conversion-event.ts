import { randomUUID } from 'node:crypto';
import {
  CONVERSIONS_SOURCE,
  type Conversion,
  type ConversionCreated,
  type ConversionStatus,
  type StatusChanged,
} from '@ringback/contracts';

export interface EventSetting {
  readonly revision: number;
  readonly conversion?: Partial<Conversion>;
  /** When it was recorded, ms since the epoch; default now. */
  readonly recordedAtMs?: number;
  readonly id?: string;
}

/** @returns a new conversion's event: offer 1, affiliate 1, status done, unless it is set otherwise. */
export function conversionCreated({ revision, conversion, recordedAtMs = Date.now(), id = randomUUID() }: EventSetting): ConversionCreated {
  const time = new Date(recordedAtMs).toISOString();
  return {
    specversion: '1.0',
    id,
    source: CONVERSIONS_SOURCE,
    type: 'ConversionCreated',
    time,
    data: {
      revision,
      conversion: {
        id: randomUUID(),
        version: 1,
        offerId: 1,
        affiliateId: 1,
        goalId: null,
        status: 'done',
        rejectReason: null,
        createdAt: time,
        statusAt: time,
        ...conversion,
      },
    },
  };
}

export function statusChanged(setting: EventSetting & { previousStatus: ConversionStatus }): StatusChanged {
  const created = conversionCreated(setting);
  return { ...created, type: 'StatusChanged', data: { ...created.data, previousStatus: setting.previousStatus } };
}
