import { decodeConfigurationEvent, type CallbackVersion } from '@ringback/contracts';
import { ConfigurationAuthor } from '../testing/configuration-author.js';
import { IndexedCallback } from './indexed-callback.js';

/** Versions 1, 2, 3…, each with its number as affiliate. */
function versions(count: number): CallbackVersion[] {
  const author = new ConfigurationAuthor();
  author.offer(1);
  return Array.from({ length: count }, (_, index) => {
    const decoded = decodeConfigurationEvent(author.callback(1, { affiliateId: index + 1, url: `http://127.0.0.1/${index + 1}` }).value);
    if (!decoded.ok || decoded.event.type !== 'CallbackChanged') throw new Error('no version of a callback');
    return decoded.event.data;
  });
}

describe('a callback in the index', () => {
  it.each([[[1, 2, 3, 4]], [[4, 3, 2, 1]], [[3, 1, 4, 2]], [[2, 2, 1, 1, 4, 3, 4]]])(
    'is its latest version, and knows the earlier ones, in whatever order they come: %p',
    (order) => {
      const all = versions(4);
      const callback = new IndexedCallback(1, 1);
      const seen = new Set<number>();
      for (const number of order) {
        expect(callback.add(all[number - 1]!)).toBe(!seen.has(number));
        seen.add(number);
      }
      expect(Array.from(callback.versions(), ({ version }) => version)).toEqual([1, 2, 3, 4]);
      expect(callback).toMatchObject({ version: 4, affiliateId: 4, revision: all[3]!.revision });
      expect(callback.definition.url).toBe('http://127.0.0.1/4');
      expect(callback.oldest.version).toBe(1);
      expect(callback.at(all[0]!.revision - 1)).toBeUndefined();
      for (const { version, revision } of all) expect(callback.at(revision)).toMatchObject({ version, affiliateId: version });
      expect(callback.at(all[3]!.revision + 100)?.version).toBe(4);
    },
  );

  it('forgets versions one by one, the latest too', () => {
    const all = versions(3);
    const callback = new IndexedCallback(1, 1);
    for (const version of all) callback.add(version);
    callback.remove(1);
    expect(Array.from(callback.versions(), ({ version }) => version)).toEqual([2, 3]);
    expect(callback.at(all[0]!.revision)).toBeUndefined();
    callback.remove(3);
    expect(callback).toMatchObject({ version: 2, affiliateId: 2 });
    expect(callback.oldest.version).toBe(2);
    callback.remove(7);
    callback.remove(2);
    expect([...callback.versions()]).toEqual([]);
    expect(callback.at(Number.MAX_SAFE_INTEGER)).toBeUndefined();
    expect(callback.version).toBe(0);
  });
});
