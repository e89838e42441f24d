import type { EventStreamError } from './event-stream-error.js';
import type { EventStreamLogger } from './kafka-log.js';
import type { EventStream } from './kafka.js';

export interface TopicRecord {
  key: string;
  value: Buffer | null;
  offset: number;
  timestampMs: number;
}

export interface TopicReaderOptions {
  stream: EventStream;
  /** Full name of a topic with one partition. */
  topic: string;
  /** Called for every record in the order of offsets. A throw is fatal: see `onFatal`. */
  onRecord(record: TopicRecord): void;
  /** Called once when the reader can never go on: a record's handler threw, or the topic was begun anew. The process should end. */
  onFatal(error: EventStreamError): void;
  logger: EventStreamLogger;
  /** Not needed any more: the reader joins no group. */
  groupPrefix?: string;
}

export type CatchUp = 'fresh' | 'behind' | 'unreachable';

export class TopicReader {
  constructor(options: TopicReaderOptions) {
    void options;
  }
  start(): Promise<void> {
    throw new Error('being built');
  }
  /** Next offset to read. */
  get position(): number {
    return 0;
  }
  catchUp(options: { timeoutMs: number; questionTimeoutMs: number }): Promise<CatchUp> {
    throw new Error(`being built ${options.timeoutMs}`);
  }
  async stop(): Promise<void> {}
}
