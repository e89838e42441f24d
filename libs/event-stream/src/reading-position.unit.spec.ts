import { readingPosition } from './reading-position.js';

describe('where a partition is read from', () => {
  it.each([
    ['in the middle', 5, { low: 0, high: 9 }, { kind: 'asRecorded' }],
    ['at its end', 9, { low: 0, high: 9 }, { kind: 'asRecorded' }],
    ['at its beginning', 3, { low: 3, high: 9 }, { kind: 'asRecorded' }],
    ['in an empty topic', 0, { low: 0, high: 0 }, { kind: 'asRecorded' }],
    ['where all was deleted since', 9, { low: 9, high: 9 }, { kind: 'asRecorded' }],
    ['below its beginning', 2, { low: 6, high: 9 }, { kind: 'deleted', begins: 6, lost: 4, isFirst: false }],
    ['for the first time, below its beginning', 0, { low: 6, high: 9 }, { kind: 'deleted', begins: 6, lost: 6, isFirst: true }],
    ['above its end', 10, { low: 0, high: 9 }, { kind: 'begunAnew', ends: 9 }],
    ['above its end, as it is empty', 1, { low: 0, high: 0 }, { kind: 'begunAnew', ends: 0 }],
  ])('%s', (_, nextOffset, bounds, expected) => expect(readingPosition(nextOffset, bounds)).toEqual(expected));
});
