import { migrate } from '@ringback/service-runtime';
import { CallbacksOfOffer1764000000006 } from './migrations/callbacks-of-offer-1764000000006.js';
import { Configuration1763856000000 } from './migrations/configuration-1763856000000.js';
import { DeadLetterReplay1764000000004 } from './migrations/dead-letter-replay-1764000000004.js';
import { Intake1764000000000 } from './migrations/intake-1764000000000.js';
import { Search1763856000001 } from './migrations/search-1763856000001.js';
import { SCHEMA } from './schema.js';

/** Brings the schema to its newest version. Safe to run again and by several processes at once. */
export function migrateOffers(databaseUrl: string): Promise<void> {
  return migrate({
    databaseUrl,
    schema: SCHEMA,
    migrations: [
      Configuration1763856000000,
      Search1763856000001,
      Intake1764000000000,
      DeadLetterReplay1764000000004,
      CallbacksOfOffer1764000000006,
    ],
  });
}
