import type { OutgoingRecord, Publisher } from '@ringback/event-stream';
import { holds } from './holds.js';

/** Sends until Kafka acknowledges: a topic made a moment ago may still be looking for its leader. A repeat of ours is harmless. */
export async function sendSurely(publisher: Publisher, records: readonly OutgoingRecord[]): Promise<void> {
  await holds(() => publisher.send(records), 30_000);
}
