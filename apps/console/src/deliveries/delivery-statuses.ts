import type { DeliveryStatus } from '../api/shapes.js';

export const DELIVERY_STATUSES: { value: DeliveryStatus; label: string }[] = [
  { value: 'waiting', label: 'Waiting' },
  { value: 'retrying', label: 'Retrying' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'exhausted', label: 'Exhausted' },
  { value: 'cancelled', label: 'Cancelled' },
];
