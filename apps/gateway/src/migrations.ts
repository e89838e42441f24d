import { migrate } from '@ringback/service-runtime';
import { Accounts1763856000000 } from './migrations/accounts-1763856000000.js';
import { ApiKeys1764000000101 } from './migrations/api-keys-1764000000101.js';
import { AuditLog1764000000103 } from './migrations/audit-log-1764000000103.js';
import { DeliveryPermission1763856000001 } from './migrations/delivery-permission-1763856000001.js';
import { People1764000000102 } from './migrations/people-1764000000102.js';

/** Brings the schema `gateway` to its newest version. Safe to run again and by several processes at once. */
export function migrateGateway(databaseUrl: string): Promise<void> {
  return migrate({
    databaseUrl,
    schema: 'gateway',
    migrations: [Accounts1763856000000, DeliveryPermission1763856000001, ApiKeys1764000000101, People1764000000102, AuditLog1764000000103],
  });
}
