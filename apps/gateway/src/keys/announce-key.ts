import { apiKeyRecordKey, encodeEvent, GATEWAY_SOURCE, type ApiKeyChanged } from '@ringback/contracts';
import { appendToOutbox } from '@ringback/event-stream';
import type pg from 'pg';

export const SCHEMA = 'gateway';

interface AnnouncedRow {
  id: number;
  version: number;
  name: string;
  hash: string;
  role: string;
  permissions: string[];
  offer_ids: number[] | null;
  expires_at: Date | null;
  revoked_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

/**
 * Makes what keys are now their next version, with its record in the outbox. Inside the transaction that changed them, whose locks on their
 * rows make the order of the records that of the versions. @returns the outbox row's id of each.
 */
export async function announceKeys(client: pg.ClientBase, topic: string, keyIds: readonly number[], changedBy: string): Promise<number[]> {
  const { rows } = await client.query<AnnouncedRow>(
    `update gateway.api_key k set version = k.version + 1, announced_permissions = r.permissions, updated_at = now()
       from gateway.role r
      where k.id = any($1::integer[]) and r.name = k.role
      returning k.id, k.version, k.name, encode(k.hash, 'hex') as hash, k.role, r.permissions, k.offer_ids, k.expires_at, k.revoked_at,
        k.created_at, k.updated_at`,
    [keyIds],
  );
  const records = rows.map((row) => {
    const event = keyChanged(row, changedBy);
    return { topic, key: apiKeyRecordKey(event), value: encodeEvent(event) };
  });
  return appendToOutbox(client, SCHEMA, records);
}

function keyChanged(row: AnnouncedRow, changedBy: string): ApiKeyChanged {
  const updatedAt = row.updated_at.toISOString();
  return {
    specversion: '1.0',
    id: `api-key:${row.id}:${row.version}`,
    source: GATEWAY_SOURCE,
    type: 'ApiKeyChanged',
    time: updatedAt,
    datacontenttype: 'application/json',
    data: {
      id: row.id,
      version: row.version,
      name: row.name,
      hash: row.hash,
      role: row.role,
      permissions: row.permissions,
      scope: { offerIds: row.offer_ids },
      expiresAt: row.expires_at?.toISOString() ?? null,
      revokedAt: row.revoked_at?.toISOString() ?? null,
      changedBy,
      createdAt: row.created_at.toISOString(),
      updatedAt,
    },
  };
}
