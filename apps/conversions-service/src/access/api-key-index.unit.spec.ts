import { encodeEvent, type ApiKeyVersion } from '@ringback/contracts';
import { createHash } from 'node:crypto';
import { ApiKeyIndex } from './api-key-index.js';

const NOW = Date.parse('2026-03-01T00:00:00Z');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function keyVersion(fields: Partial<ApiKeyVersion> = {}): ApiKeyVersion {
  const at = '2026-01-01T00:00:00.000Z';
  return {
    id: 1,
    version: 1,
    name: 'tracker',
    hash: sha256('secret'),
    role: 'service',
    permissions: ['conversions:write'],
    scope: { offerIds: null },
    expiresAt: null,
    revokedAt: null,
    changedBy: 'ada@example.com',
    createdAt: at,
    updatedAt: at,
    ...fields,
  };
}

describe('API keys', () => {
  let index: ApiKeyIndex;
  beforeEach(() => {
    index = new ApiKeyIndex();
  });
  const apply = (fields: Partial<ApiKeyVersion> = {}) => {
    const data = keyVersion(fields);
    const event = { specversion: '1.0', id: 'e', source: '/ringback/gateway', type: 'ApiKeyChanged', time: data.updatedAt, data } as const;
    return index.apply(`${data.id}:${data.version}`, encodeEvent(event));
  };
  const names = (key: string, at = NOW) => index.find(key, at)?.name ?? null;

  it('are found by the hash of what is sent, and by nothing else', () => {
    apply();
    expect([names('secret'), names('Secret'), names(sha256('secret')), names('')]).toEqual(['tracker', null, null, null]);
  });

  it('let nobody in once revoked, and no late repeat undoes that', () => {
    apply();
    apply({ version: 2, revokedAt: '2026-02-01T00:00:00.000Z' });
    apply();
    expect(names('secret')).toBeNull();
  });

  it('work until they expire, by the clock', () => {
    apply({ expiresAt: '2026-03-01T00:00:00.000Z' });
    expect([names('secret', NOW - 1), names('secret', NOW)]).toEqual(['tracker', null]);
  });

  it('that share a hash work while one of them does', () => {
    apply({ revokedAt: '2026-02-01T00:00:00.000Z' });
    apply({ id: 2, name: 'given again' });
    expect(names('secret')).toBe('given again');
    apply({ id: 2, version: 2, name: 'given again', hash: sha256('another') });
    expect([names('secret'), names('another')]).toEqual([null, 'given again']);
  });

  it('whose newest version cannot be read let nobody in', () => {
    apply();
    expect(index.apply('1:2', Buffer.from('{}'))).toContain('type is missing');
    expect(names('secret')).toBeNull();
  });

  it.each(['', 'x', '1', '1:0', '1:2:3', 'keyring:1'])('under the record key "%s" are none', (recordKey) => {
    expect(index.apply(recordKey, null)).toContain('names no version');
    expect(index.size).toBe(0);
  });

  it('that were removed are unknown', () => {
    apply();
    index.apply('1:2', null);
    expect(names('secret')).toBeNull();
  });
});
