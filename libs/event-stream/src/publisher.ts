import type { EventStream } from './kafka.js';

export interface OutgoingRecord {
  /** Full name, prefix included. */
  topic: string;
  key: string;
  /** null: a tombstone. */
  value: Buffer | null;
  headers?: Record<string, string>;
}

export class Publisher {
  constructor(stream: EventStream, options: { requestTimeoutMs?: number } = {}) {
    void stream;
    void options;
  }
  async connect(): Promise<void> {}
  async send(records: readonly OutgoingRecord[]): Promise<void> {
    throw new Error(`being built ${records.length}`);
  }
  async close(): Promise<void> {}
}
