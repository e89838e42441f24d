import { configurationKey, encodeEvent, type ConfigurationEvent, type OfferStatus } from '@ringback/contracts';
import { ConfigurationIndex } from './configuration-index.js';
import { checkRecording, type Freshness } from './check-recording.js';

const at = '2026-03-01T10:00:00.000Z';
const envelope = { specversion: '1.0', source: '/ringback/offers', time: at } as const;
const versioned = (revision: number, version: number) => ({ revision, version, changedBy: 'ada', createdAt: at, updatedAt: at });

function offer(
  revision: number,
  version: number,
  status: OfferStatus = 'active',
  goals: { id: number; archived: boolean }[] = [],
): ConfigurationEvent {
  const data = {
    id: 1,
    name: 'o',
    status,
    goalsEnabled: false,
    goals: goals.map((goal) => ({ ...goal, name: 'g' })),
    ...versioned(revision, version),
  };
  return { ...envelope, id: `o${revision}`, type: 'OfferChanged', data };
}

function affiliate(revision: number, version = 1): ConfigurationEvent {
  return { ...envelope, id: `a${revision}`, type: 'AffiliateChanged', data: { id: 2, name: 'a', ...versioned(revision, version) } };
}

function indexOf(...events: ConfigurationEvent[]): ConfigurationIndex {
  const index = new ConfigurationIndex();
  for (const event of events) expect(index.apply(configurationKey(event), encodeEvent(event))).toBeNull();
  return index;
}

describe('ConfigurationIndex', () => {
  it('knows the newest version of each and the newest revision of all', () => {
    const index = indexOf(affiliate(1), offer(2, 1), offer(3, 2, 'paused', [{ id: 5, archived: true }]));
    expect(index.revision).toBe(3);
    expect(index.hasAffiliate(2)).toBe(true);
    expect(index.offer(1)).toMatchObject({ version: 2, status: 'paused' });
    expect(index.offer(1)!.goals.get(5)).toBe(true);
  });

  it('ignores late repeats of versions it has', () => {
    const index = indexOf(offer(2, 1), offer(3, 2, 'archived'), offer(2, 1));
    expect(index.offer(1)!.status).toBe('archived');
    expect(index.revision).toBe(3);
  });

  it('drops by the tombstone of the newest version only', () => {
    const index = indexOf(affiliate(1), offer(2, 1), offer(3, 2));
    index.apply('offer:1:1', null);
    expect(index.offer(1)).toBeDefined();
    index.apply('offer:1:2', null);
    index.apply('affiliate:2:1', null);
    expect(index.offer(1)).toBeUndefined();
    expect(index.hasAffiliate(2)).toBe(false);
  });

  it('counts the revision of records that it needs nothing else of', () => {
    const keyring: ConfigurationEvent = {
      ...envelope,
      id: 'k',
      type: 'KeyringChanged',
      data: { keys: [{ id: 'x', wrapped: 'y' }], ...versioned(9, 1) },
    };
    expect(indexOf(keyring).revision).toBe(9);
  });

  it.each([
    ['an unknown key', 'colour:1:1', encodeEvent(offer(1, 1)), 'unknown key'],
    ['a key of another version', 'offer:1:2', encodeEvent(offer(1, 1)), 'does not match'],
    ['bytes that are no JSON', 'offer:1:1', Buffer.from('{"spec'), 'not JSON'],
    ['an unknown type', 'offer:1:1', Buffer.from('{"type":"OfferBurnt"}'), 'unknown event type'],
    ['a half-written event', 'offer:1:1', Buffer.from('{"type":"OfferChanged","specversion":"1.0"}'), 'data'],
  ])('says why it cannot read %s, and keeps what it has', (_, key, value, reason) => {
    const index = indexOf(offer(2, 1));
    expect(index.apply(key, value)).toContain(reason);
    expect(index.revision).toBe(2);
  });
});

describe('rule 6: whether a conversion may be recorded', () => {
  const goals = [
    { id: 5, archived: false },
    { id: 6, archived: true },
  ];
  const check = (
    status: OfferStatus,
    input: { offerId?: number; affiliateId?: number; goalId?: number | null },
    freshness: Freshness = 'fresh',
  ) =>
    checkRecording(indexOf(affiliate(1), offer(2, 1, status, goals)), freshness, { offerId: 1, affiliateId: 2, status: 'done', ...input });

  it.each([
    ['active', {}],
    ['paused', {}],
    ['active', { goalId: 5 }],
    ['active', { goalId: null }],
  ] as const)('an offer that is %s takes %j, whether or not its goals are enabled', (status, input) => {
    expect(check(status, input)).toBeNull();
  });

  it.each([
    ['archived', {}, 'conflict', 'offerId'],
    ['active', { goalId: 6 }, 'conflict', 'goalId'],
    ['active', { offerId: 9 }, 'invalid', 'offerId'],
    ['active', { affiliateId: 9 }, 'invalid', 'affiliateId'],
    ['active', { goalId: 9 }, 'invalid', 'goalId'],
  ] as const)('an offer that is %s refuses %j (%s), naming %s', (status, input, kind, path) => {
    expect(check(status, input)).toMatchObject({ kind, errors: [{ path }] });
  });

  it.each<Freshness>(['unread', 'behind'])('nothing is recorded while the configuration is %s', (freshness) => {
    expect(check('active', {}, freshness)).toMatchObject({ kind: 'unavailable' });
  });

  it('while Kafka is away the newest read is used, and what that does not know is never refused', () => {
    expect(check('active', { goalId: 5 }, 'unreachable')).toBeNull();
    expect(check('active', { offerId: 9 }, 'unreachable')).toMatchObject({ kind: 'unavailable' });
    expect(check('active', { goalId: 9 }, 'unreachable')).toMatchObject({ kind: 'unavailable' });
    expect(check('archived', {}, 'unreachable')).toMatchObject({ kind: 'conflict' });
  });
});
