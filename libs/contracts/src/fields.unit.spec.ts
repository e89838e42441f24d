import { askedTimeSchema } from './fields.js';

describe('a time that PostgreSQL is asked about', () => {
  it.each(['2026-01-01T12:00:00Z', '2026-01-01T12:00:00.123456+15:59', '0001-01-01T00:00:00-12:00', '9999-12-31T23:59:59.999Z'])(
    'may be %s',
    (time) => expect(askedTimeSchema.safeParse(time).success).toBe(true),
  );

  it.each([
    ['0000-12-31T23:59:59Z', 'the year must be 0001 or later'],
    ['2026-01-01T12:00:00+16:00', 'the offset from UTC must be less than 16 hours'],
    ['0207-04-09T22:02:05-23:59', 'the offset from UTC must be less than 16 hours'],
  ])('is refused as %s', (time, message) => {
    expect(askedTimeSchema.safeParse(time).error?.issues.map((issue) => issue.message)).toEqual([message]);
  });
});
