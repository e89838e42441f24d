import type { OfferStatus } from '../api/shapes.js';

/** In the order in which an offer goes through them. */
export const OFFER_STATUSES: { value: OfferStatus; label: string }[] = [
  { value: 'active', label: 'Active' },
  { value: 'paused', label: 'Paused' },
  { value: 'archived', label: 'Archived' },
];

/** What each does, as the rules of matching have it. */
export const WHAT_STATUS_DOES: Readonly<Record<OfferStatus, string>> = {
  active: 'Takes conversions; callbacks fire.',
  paused: 'For your own order: conversions of earlier clicks are still taken, and callbacks still fire.',
  archived: 'New conversions are refused. Status updates of those it has still fire.',
};
