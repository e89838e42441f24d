import { migrate } from '@ringback/service-runtime';
import { SCHEMA } from './ledger/ledger.store.js';
import { CreateLedger1763850000000 } from './migrations/1763850000000-create-ledger.js';
import { FindEvents1763850000005 } from './migrations/1763850000005-find-events.js';
import { KeepAndErase1764000000004 } from './migrations/1764000000004-keep-and-erase.js';

const MIGRATIONS = [CreateLedger1763850000000, FindEvents1763850000005, KeepAndErase1764000000004];

/** Brings the schema to its newest version. Safe to run again and by several processes at once. */
export function migrateConversions(databaseUrl: string): Promise<void> {
  return migrate({ databaseUrl, schema: SCHEMA, migrations: MIGRATIONS });
}
