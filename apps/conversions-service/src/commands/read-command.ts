import { commandKey, decodeConversionCommand, type ConversionCommand } from '@ringback/contracts';
import type { IncomingMessage } from '@ringback/event-stream';

export type ReadCommand = { readonly ok: true; readonly command: ConversionCommand } | { readonly ok: false; readonly reason: string };

/**
 * A message of `conversions.commands` → the command, or why it is a dead letter (`code: detail`). The key is part of the contract: it
 * keeps the commands for one transaction in one partition, in order.
 */
export function readCommand({ key, value }: Pick<IncomingMessage, 'key' | 'value'>): ReadCommand {
  const decoded = decodeConversionCommand(value);
  if (!decoded.ok) return { ok: false, reason: `unreadable: ${decoded.reason}` };
  const expected = commandKey(decoded.event);
  if (key === null) return { ok: false, reason: `key-missing: the key must be "${expected}"` };
  const given = key.toString('utf8');
  if (given !== expected) return { ok: false, reason: `key-mismatch: the key must be "${expected}", not "${given.slice(0, 300)}"` };
  return { ok: true, command: decoded.event };
}
