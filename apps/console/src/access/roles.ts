/** The roles that there are from the start, and what each may do. */
export const ROLES = [
  { value: 'admin', label: 'admin: everything' },
  { value: 'manager', label: 'manager: offers, affiliates, callbacks, deliveries' },
  { value: 'viewer', label: 'viewer: reads' },
  { value: 'service', label: 'service: conversions only' },
];
