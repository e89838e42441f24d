/** The roles there are. */
export const ROLES = ['admin', 'manager', 'viewer', 'service'] as const;
export type Role = (typeof ROLES)[number];

const ADMINS: Role[] = ['admin'];
const EDITORS: Role[] = ['admin', 'manager'];
const READERS: Role[] = ['admin', 'manager', 'viewer'];
const RECORDERS: Role[] = ['admin', 'service'];
const EVERYONE: Role[] = [...ROLES];

/**
 * Who may ask what: admin all; manager offers, affiliates, callbacks, deliveries; viewer reads; service conversions only. `users`: whoever is
 * signed in, but no key. A route that is not here fails the spec: say who may ask it, whatever its declaration says.
 */
export const ACCESS_TABLE: Readonly<Record<string, readonly Role[] | 'users' | 'anyone'>> = {
  'POST /v1/auth/sessions': 'anyone',
  'POST /v1/auth/sessions/refresh': 'anyone',
  'GET /v1/auth/sessions': 'users',
  'DELETE /v1/auth/sessions/current': 'users',
  'DELETE /v1/auth/sessions': 'users',
  'PUT /v1/auth/password': 'users',
  'POST /v1/auth/invitations/:token': 'anyone',
  'POST /v1/auth/password-resets/:token': 'anyone',
  'GET /v1/users': ADMINS,
  'POST /v1/users': ADMINS,
  'GET /v1/users/:userId': ADMINS,
  'PATCH /v1/users/:userId': ADMINS,
  'POST /v1/users/:userId/sign-out': ADMINS,
  'POST /v1/users/:userId/password-reset': ADMINS,
  'GET /v1/api-keys': ADMINS,
  'POST /v1/api-keys': ADMINS,
  'GET /v1/api-keys/:keyId': ADMINS,
  'PATCH /v1/api-keys/:keyId': ADMINS,
  'DELETE /v1/api-keys/:keyId': ADMINS,
  'GET /v1/audit-log': ADMINS,
  'GET /v1/audit-log/export': ADMINS,
  'GET /v1/affiliates': READERS,
  'POST /v1/affiliates': EDITORS,
  'GET /v1/affiliates/:affiliateId': READERS,
  'PATCH /v1/affiliates/:affiliateId': EDITORS,
  'GET /v1/offers': READERS,
  'POST /v1/offers': EDITORS,
  'GET /v1/offers/:offerId': READERS,
  'PATCH /v1/offers/:offerId': EDITORS,
  'GET /v1/offers/:offerId/goals': READERS,
  'POST /v1/offers/:offerId/goals': EDITORS,
  'PATCH /v1/offers/:offerId/goals/:goalId': EDITORS,
  'DELETE /v1/offers/:offerId/goals/:goalId': EDITORS,
  'GET /v1/offers/:offerId/callbacks': READERS,
  'POST /v1/offers/:offerId/callbacks': EDITORS,
  'POST /v1/offers/:offerId/callbacks/preview': EDITORS,
  'POST /v1/offers/:offerId/callbacks/:callbackId/test': EDITORS,
  'GET /v1/offers/:offerId/callbacks/:callbackId': READERS,
  'PATCH /v1/offers/:offerId/callbacks/:callbackId': EDITORS,
  'DELETE /v1/offers/:offerId/callbacks/:callbackId': EDITORS,
  'GET /v1/offers/:offerId/callbacks/:callbackId/versions': READERS,
  'GET /v1/offers/:offerId/callbacks/:callbackId/versions/:version/diff': READERS,
  'POST /v1/offers/:offerId/callbacks/:callbackId/versions/:version/restore': EDITORS,
  'POST /v1/conversions': RECORDERS,
  'POST /v1/conversions/batch': RECORDERS,
  'PUT /v1/conversions/:conversionId/status': RECORDERS,
  'POST /v1/conversions/statuses': RECORDERS,
  'GET /v1/conversions': EVERYONE,
  'GET /v1/conversions/:conversionId': EVERYONE,
  'GET /v1/conversions/:conversionId/explanation': EVERYONE,
  'GET /v1/deliveries': READERS,
  'GET /v1/deliveries/:deliveryId': READERS,
  'GET /v1/deliveries/export': READERS,
  'GET /v1/dead-letters': READERS,
  'GET /v1/dead-letters/:deadLetterId': READERS,
  'POST /v1/dead-letters/:deadLetterId/replay': EDITORS,
  'POST /v1/dead-letters/replay': EDITORS,
  'POST /v1/conversions/:conversionId/erasure': ADMINS,
  'GET /v1/waiting': READERS,
  'GET /v1/pauses': READERS,
  'POST /v1/pauses': EDITORS,
  'DELETE /v1/pauses/:pauseId': EDITORS,
  'GET /v1/macros': READERS,
  'GET /v1/openapi.json': 'anyone',
  'GET /metrics': ADMINS,
};
