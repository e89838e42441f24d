import type pg from 'pg';

export interface OutboxRow {
  /** Default: next of the sequence. */
  id?: number;
  topic: string;
  key: string;
  value: Buffer | null;
}

export function outboxTablesSql(schema: string): string {
  throw new Error(`being built ${schema}`);
}

/** Inside the caller's transaction. After the commit call `relay.wake()`: nothing else tells the relay before its next look (≤ 1.5 s). */
export async function appendToOutbox(client: pg.ClientBase, schema: string, rows: readonly OutboxRow[]): Promise<number[]> {
  void client;
  throw new Error(`being built ${schema} ${rows.length}`);
}
