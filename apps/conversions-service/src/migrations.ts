import { migrate } from '@ringback/service-runtime';
import { SCHEMA } from './ledger/ledger.store.js';
import { CreateLedger1763850000000 } from './migrations/1763850000000-create-ledger.js';
import { KeepAndErase1764000000004 } from './migrations/1764000000004-keep-and-erase.js';

/** Brings the schema to its newest version. Safe to run again and by several processes at once. */
export function migrateConversions(databaseUrl: string): Promise<void> {
  return migrate({ databaseUrl, schema: SCHEMA, migrations: [CreateLedger1763850000000, KeepAndErase1764000000004] });
}
