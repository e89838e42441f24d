import fc from 'fast-check';
import { retryAfterMs } from './retry-after.js';

const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
const DAY_MS = 24 * 3_600_000;
const read = (header: string | null | undefined) => retryAfterMs(header, NOW_MS);

describe('seconds', () => {
  it.each([
    ['0', 0],
    ['1', 1_000],
    ['120', 120_000],
    [' 007 ', 7_000],
    ['86400', DAY_MS],
  ])('%j', (header, ms) => expect(read(header)).toBe(ms));
});

describe('a date in each form of RFC 9110', () => {
  it.each([
    'Mon, 23 Nov 2026 12:02:00 GMT',
    'Monday, 23-Nov-26 12:02:00 GMT',
    'Mon Nov 23 12:02:00 2026',
    // The day's name adds nothing that could be wrong.
    'Fri, 23 Nov 2026 12:02:00 GMT',
  ])('%j', (header) => expect(read(header)).toBe(120_000));

  it('a day of one digit in the form of asctime', () =>
    expect(retryAfterMs('Sun Nov  6 08:49:37 1994', Date.parse('1994-11-06T08:49:30Z'))).toBe(7_000));
  it('a leap second', () => expect(retryAfterMs('Sat, 31 Dec 2016 23:59:60 GMT', Date.parse('2016-12-31T23:59:50Z'))).toBe(10_000));
  it('two digits of a year mean this century, even from its last years on, and the past when they lie more than 50 years ahead', () => {
    expect(retryAfterMs('Friday, 01-Jan-00 00:00:10 GMT', Date.parse('2099-12-31T23:59:59Z'))).toBe(11_000);
    expect(read('Sunday, 06-Nov-94 08:49:37 GMT')).toBe(0);
    expect(read('Sunday, 06-Nov-70 08:49:37 GMT')).toBe(DAY_MS);
  });
});

describe('absurd values are clamped', () => {
  it.each(['-1', '-99999999999999999999', 'Sun, 06 Nov 1994 08:49:37 GMT', 'Mon, 23 Nov 0026 12:02:00 GMT'])('%j is no wait', (header) =>
    expect(read(header)).toBe(0),
  );
  it.each(['86401', '9'.repeat(400), 'Wed, 25 Nov 2026 12:00:00 GMT', 'Fri, 31 Dec 9999 23:59:59 GMT'])('%j is a day', (header) =>
    expect(read(header)).toBe(DAY_MS),
  );
});

describe('what cannot be read asks for nothing', () => {
  it.each([
    null,
    undefined,
    '',
    '  ',
    'soon',
    '1.5',
    '1e3',
    '0x10',
    '+5',
    '10, 20',
    '\u0661',
    'Infinity',
    'NaN',
    '2026-11-23T12:02:00Z',
    'Mon, 23 Nov 2026 12:02:00 UTC',
    'Mon, 23 Nov 2026 12:02:00 +0100',
    'Mon, 31 Nov 2026 12:02:00 GMT',
    'Mon, 00 Nov 2026 12:02:00 GMT',
    'Mon, 23 Nov 2026 24:02:00 GMT',
    'Mon, 23 Nov 2026 12:60:00 GMT',
    'Mon, 23 Now 2026 12:02:00 GMT',
  ])('%j', (header) => expect(read(header)).toBeNull());

  it('and never throws or leaves its bounds, whatever is sent', () => {
    const header = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(header, (text) => {
        const waitMs = read(text);
        expect(waitMs === null || (waitMs >= 0 && waitMs <= DAY_MS)).toBe(true);
      }),
    );
  });
});
