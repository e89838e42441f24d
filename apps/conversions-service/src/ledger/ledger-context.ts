import type { ConversionInput } from '@ringback/contracts';
import type { OutboxRelay } from '@ringback/event-stream';
import type { Tracing } from '@ringback/service-runtime';
import type pg from 'pg';
import { checkRecording, type Freshness } from '../configuration/check-recording.js';
import type { ConfigurationIndex } from '../configuration/configuration-index.js';
import type { KnownLedger } from './known-ledger.js';
import { LedgerDraft } from './ledger-draft.js';
import type { LedgerTopics } from './ledger.store.js';
import type { UuidV7Source } from './uuid-v7-source.js';

/** The configuration as this process has read it. */
export interface ConfigurationSource {
  readonly index: ConfigurationIndex;
  /** Reads to an end that is asked for after this call; says how far that came. Never rejects. */
  catchUp(): Promise<Freshness>;
}

/** What every use case of the ledger works with. */
export interface LedgerContext {
  readonly pool: pg.Pool;
  readonly topics: LedgerTopics;
  readonly relay: Pick<OutboxRelay, 'wake' | 'isFull'> & Partial<Pick<OutboxRelay, 'waitUntilPublished'>>;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
  readonly configuration: ConfigurationSource;
  readonly ids: UuidV7Source;
  /** This service's clock: every time that is recorded, in ms since the epoch. */
  readonly now: () => number;
}

/** A draft under the configuration as it is now; check and revision are of the same moment. */
export function draftOf(context: LedgerContext, known: KnownLedger, freshness: Freshness): LedgerDraft {
  const { index } = context.configuration;
  return new LedgerDraft({
    known,
    revision: index.revision,
    check: (input: ConversionInput) => checkRecording(index, freshness, input),
    ids: context.ids,
    nowMs: context.now(),
  });
}
