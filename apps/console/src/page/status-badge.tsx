import { Badge } from '@mantine/core';
import type { ConversionStatus, DeliveryStatus, OfferStatus } from '../api/shapes.js';

const COLOURS: Readonly<Record<ConversionStatus | DeliveryStatus | OfferStatus | 'enabled' | 'disabled' | 'invited', string>> = {
  pending: 'yellow',
  done: 'green',
  rejected: 'red',
  waiting: 'blue',
  retrying: 'orange',
  delivered: 'green',
  exhausted: 'red',
  cancelled: 'gray',
  active: 'green',
  paused: 'yellow',
  archived: 'gray',
  enabled: 'green',
  disabled: 'gray',
  invited: 'blue',
};

/** A status, by its word first and its colour second. */
export function StatusBadge({ status }: { status: keyof typeof COLOURS }) {
  return (
    <Badge color={COLOURS[status]} variant="light" radius="sm" tt="capitalize">
      {status}
    </Badge>
  );
}
