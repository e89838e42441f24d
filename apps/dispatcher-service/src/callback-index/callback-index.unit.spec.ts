import { createDataKey, encodeEvent, Keyring, OFFERS_SOURCE, wrapDataKey } from '@ringback/contracts';
import { ConfigurationAuthor, type ConfigurationRecord } from '../testing/configuration-author.js';
import { conversionCreated } from '../testing/conversion-event.js';
import { CallbackIndex } from './callback-index.js';

function indexOf(author: ConfigurationAuthor, ...records: ConfigurationRecord[]): CallbackIndex {
  const index = new CallbackIndex({ masterKey: author.masterKey });
  for (const record of records) expect(index.apply(record)).toBeNull();
  return index;
}

function firing(index: CallbackIndex, revision: number, conversion = {}): number[] | string {
  const match = index.match(conversionCreated({ revision, conversion }));
  return match.kind === 'matched' ? match.callbacks.map(({ id }) => id) : match.kind;
}

const tombstone = ({ key }: ConfigurationRecord): ConfigurationRecord => ({ key, value: null });

describe('the callback index', () => {
  it('answers with the versions in force at the revision of the event', () => {
    const author = new ConfigurationAuthor();
    const index = indexOf(
      author,
      author.offer(1), // revision 1
      author.callback(1), // 2
      author.callback(2, { conversionStatus: 'pending' }), // 3
      author.callback(1, { enabled: false }), // 4
      author.callback(2, { conversionStatus: 'done' }), // 5
      author.deleteCallback(2), // 6
    );
    expect(firing(index, 1)).toEqual([]);
    expect(firing(index, 2)).toEqual([1]);
    expect(firing(index, 3)).toEqual([1]);
    expect(firing(index, 4)).toEqual([]);
    expect(firing(index, 5)).toEqual([2]);
    expect(firing(index, 6)).toEqual([]);
    expect(index.revision).toBe(6);
  });

  it('counts a goal only while the offer had goals enabled at that revision', () => {
    const author = new ConfigurationAuthor();
    const index = indexOf(
      author,
      author.offer(1, { goalsEnabled: true }),
      author.callback(1, { goalId: 7 }),
      author.offer(1, { goalsEnabled: false }),
      author.callback(1, { url: 'http://127.0.0.1/edited-meanwhile' }),
      author.offer(1, { goalsEnabled: true }),
    );
    expect(firing(index, 2, { goalId: 8 })).toEqual([]);
    expect(firing(index, 2, { goalId: 7 })).toEqual([1]);
    expect(firing(index, 3, { goalId: 8 })).toEqual([1]);
    expect(firing(index, 4, { goalId: null })).toEqual([1]);
    expect(firing(index, 5, { goalId: 8 })).toEqual([]);
  });

  it('finds a callback under every affiliate it had', () => {
    const author = new ConfigurationAuthor();
    const index = indexOf(author, author.offer(1), author.callback(1, { affiliateId: 1 }), author.callback(1, { affiliateId: 2 }));
    expect(firing(index, 2, { affiliateId: 1 })).toEqual([1]);
    expect(firing(index, 2, { affiliateId: 2 })).toEqual([]);
    expect(firing(index, 3, { affiliateId: 1 })).toEqual([]);
    expect(firing(index, 3, { affiliateId: 2 })).toEqual([1]);
  });

  it('is the same whatever the order of the records, and however often they come', () => {
    const author = new ConfigurationAuthor();
    const records = [author.offer(1), author.callback(1), author.callback(1, { enabled: false }), author.callback(1, { enabled: true })];
    const index = indexOf(author, ...records.toReversed(), ...records, records[1]!);
    expect(firing(index, 2)).toEqual([1]);
    expect(firing(index, 3)).toEqual([]);
    expect(firing(index, 4)).toEqual([1]);
    expect(index.today(1).kind).toBe('live');
  });

  it('says that history is gone, and never guesses, for an event older than the oldest version left', () => {
    const author = new ConfigurationAuthor();
    const offer = author.offer(1);
    const first = author.callback(1, { affiliateId: 1 });
    const second = author.callback(1, { affiliateId: 2 });
    const other = author.callback(2);
    const index = indexOf(author, offer, first, second, other);
    expect(firing(index, 2)).toEqual([1]);
    index.apply(tombstone(first));
    // Callback 1 may have fired then, for any affiliate.
    expect(firing(index, 2)).toBe('history-gone');
    expect(firing(index, 2, { affiliateId: 9 })).toBe('history-gone');
    expect(firing(index, 3, { affiliateId: 2 })).toEqual([1]);
    expect(firing(index, 4)).toEqual([2]);
    // A late repeat of the version brings it back.
    index.apply(first);
    expect(firing(index, 2)).toEqual([1]);
  });

  it('forgets a callback when all its versions are gone', () => {
    const author = new ConfigurationAuthor();
    const records = [author.callback(1), author.deleteCallback(1)];
    const index = indexOf(author, author.offer(1), ...records);
    expect(index.today(1).kind).toBe('deleted');
    for (const record of records) index.apply(tombstone(record));
    expect(index.callbackCount).toBe(0);
    expect(firing(index, 10)).toEqual([]);
    expect(index.today(1).kind).toBe('deleted');
  });

  it('covers what it has read, and what was confirmed, but nothing in between', () => {
    const author = new ConfigurationAuthor();
    const index = indexOf(author, author.offer(1), author.callback(1));
    expect([1, 2, 3].map((revision) => index.covers(revision))).toEqual([true, true, false]);
    index.confirm(5);
    expect([3, 4, 5, 6].map((revision) => index.covers(revision))).toEqual([false, false, true, false]);
  });

  it('counts a version that was given up as disabled, until there is another', () => {
    const author = new ConfigurationAuthor();
    const index = new CallbackIndex({ masterKey: author.masterKey, isGivenUp: (id, version) => id === 1 && version === 2 });
    const kinds = [author.callback(1), author.callback(1, { name: 'b' }), author.callback(1, { name: 'c' })].map((record) => {
      index.apply(record);
      return index.today(1).kind;
    });
    expect(kinds).toEqual(['live', 'disabled', 'live']);
  });

  it('tells when a callback that it knows has a new version', () => {
    const author = new ConfigurationAuthor();
    const changed: number[] = [];
    const index = new CallbackIndex({ masterKey: author.masterKey, onChanged: (id) => changed.push(id) });
    for (const record of [author.callback(1), author.callback(2), author.callback(1, { enabled: false })]) index.apply(record);
    expect(changed).toEqual([1]);
  });

  it('names what it cannot read, and stays as it was', () => {
    const author = new ConfigurationAuthor();
    const index = indexOf(author, author.offer(1), author.callback(1));
    expect(index.apply({ key: 'callback:1', value: null })).toContain('names no version');
    expect(index.apply({ key: 'callback:1:2', value: Buffer.from('{"type":"CallbackChanged"}') })).toContain('unreadable');
    expect(firing(index, 2)).toEqual([1]);
  });

  describe('whose keyring', () => {
    const [before, now] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const [first, second] = [createDataKey(), createDataKey()];
    const sealed = new Keyring([first]).seal('secret', 'place');
    let revision = 0;
    const keyring = (version: number, masterKey: Buffer, ...dataKeys: (typeof first)[]) => {
      const at = '2026-01-01T00:00:00.000Z';
      const keys = dataKeys.map((key) => ({ id: key.id, wrapped: wrapDataKey(masterKey, key) }));
      const data = { keys, version, revision: (revision += 1), changedBy: 'system', createdAt: at, updatedAt: at };
      const id = `keyring:${version}`;
      const event = { specversion: '1.0', id, source: OFFERS_SOURCE, type: 'KeyringChanged', time: at, data } as const;
      return { key: id, value: encodeEvent(event) };
    };

    it('is of another master key has a fault', () => {
      const index = new CallbackIndex({ masterKey: now });
      index.apply(keyring(1, before, first));
      expect(index.keyringFault).toMatchObject({ code: 'SEALED_SECRET_UNREADABLE' });
    });

    it('was wrapped by the master key before opens while that is known', () => {
      const index = new CallbackIndex({ masterKey: now, previousMasterKey: before });
      index.apply(keyring(1, before, first));
      expect(index.keyringFault).toBeNull();
      expect(index.keyring!.open(sealed, 'place')).toBe('secret');
      index.apply(keyring(2, now, first, second));
      expect(index.keyring!.open(new Keyring([second]).seal('newer', 'place'), 'place')).toBe('newer');
      expect(index.keyring!.open(sealed, 'place')).toBe('secret');
    });

    it('was wrapped anew counts alone, once the master key before was withdrawn', () => {
      const index = new CallbackIndex({ masterKey: now });
      index.apply(keyring(1, before, first));
      index.apply(keyring(2, now, first));
      expect(index.keyringFault).toBeNull();
      expect(index.keyring!.open(sealed, 'place')).toBe('secret');
    });

    it('was wrapped anew by a master key that it was not told of is used as it was, unless it holds a new data key', () => {
      const index = new CallbackIndex({ masterKey: before });
      index.apply(keyring(1, before, first));
      index.apply(keyring(2, now, first));
      expect(index.keyringFault).toBeNull();
      expect(index.keyring!.open(sealed, 'place')).toBe('secret');
      index.apply(keyring(3, now, first, second));
      expect(index.keyringFault).toMatchObject({ code: 'SEALED_SECRET_UNREADABLE' });
    });
  });

  it('looks only at the callbacks of the event’s own affiliate', () => {
    const author = new ConfigurationAuthor();
    const index = indexOf(author, author.offer(1));
    for (let id = 1; id <= 5_000; id++) index.apply(author.callback(id, { affiliateId: 1 + (id % 1_000) }));
    expect(firing(index, author.revision, { affiliateId: 1 })).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
  });
});
