import fc from 'fast-check';
import { z } from 'zod';
import { compileCheck } from './compiled-check.js';
import { conversionCreatedSchema, decodeConversionEvent } from './conversion-events.js';
import { configurationEventSchemas } from './configuration-events.js';

const id = '0190c0de-0000-7000-8000-000000000001';
const time = '2026-03-01T12:00:00.000Z';
const conversion = {
  id,
  version: 1,
  offerId: 1,
  affiliateId: 2,
  goalId: null,
  status: 'done',
  rejectReason: null,
  transactionId: 't-1',
  clickId: 'c-1',
  payout: '12.50',
  currency: 'EUR',
  sub1: 'é',
  clickTime: '2026-03-01T12:00:00+01:00',
  ip: '2001:db8::1',
  userAgent: 'Mozilla/5.0',
  params: { colour: 'red' },
  createdAt: time,
  statusAt: time,
};
const event = {
  specversion: '1.0',
  id,
  source: '/ringback/conversions',
  type: 'ConversionCreated',
  subject: id,
  time,
  datacontenttype: 'application/json',
  data: { revision: 5, conversion },
};

/** The event with one field of the conversion replaced. */
const withField = (field: string, value: unknown) => ({ ...event, data: { revision: 5, conversion: { ...conversion, [field]: value } } });

const takes = compileCheck(conversionCreatedSchema);

/** What the check promises. */
function isTruthful(schema: z.ZodType, check: (value: unknown) => boolean, value: unknown): void {
  const parsed = schema.safeParse(value);
  if (check(value)) expect(parsed).toEqual({ success: true, data: value });
}

describe('a compiled check', () => {
  it('takes an event as it is written', () => {
    expect(takes(event)).toBe(true);
    expect(takes(withField('goalId', 7))).toBe(true);
    expect(takes({ ...event, subject: undefined })).toBe(true);
  });

  it.each([
    ['a field that it does not know', withField('colour', 'red')],
    ['a NUL', withField('sub1', 'a\u0000')],
    ['a lone surrogate', withField('sub1', '\ud800')],
    ['more UTF-16 units than may be, in fewer characters', withField('clickId', '😀'.repeat(128))],
    ['an id in upper case', withField('id', id.toUpperCase())],
    ['white space for a name', withField('transactionId', '  ')],
    ['an address that is none', withField('ip', '2001:db8::1::2')],
    ['too many parameters', withField('params', Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`p${index}`, 'x'])))],
    ['a parameter that zod drops', withField('params', JSON.parse('{"__proto__":"x"}'))],
    ['a date that is none', withField('createdAt', '2026-02-30T12:00:00Z')],
    ['a fraction for an id', withField('offerId', 1.5)],
    ['null for what is not null', withField('status', null)],
    ['a list', [event]],
  ])('does not take %s', (_, value) => {
    expect(takes(value)).toBe(false);
  });

  it('takes only what the schema takes and gives back as it is, whatever is put anywhere into an event', () => {
    const paths = [
      ...Object.keys(event).map((key) => [key]),
      ['data', 'revision'],
      ...Object.keys(conversion).map((key) => ['data', 'conversion', key]),
    ];
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.string({ unit: 'binary', maxLength: 2100 }),
      fc.stringMatching(/^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.integer({ min: -2, max: 3_000_000_000 }),
      fc.constantFrom('done', 'rejected', '127.0.0.1', '1.5', 'USD', '', '-0', 1e300, -0),
      fc.dictionary(fc.constantFrom('a', 'b!', '__proto__', 'c'), fc.string()),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), anything, (path, value) => {
        const changed = structuredClone(event) as Record<string, unknown>;
        let at = changed;
        for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
        at[path.at(-1)!] = value;
        isTruthful(conversionCreatedSchema, takes, JSON.parse(JSON.stringify(changed)));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[string, z.ZodType, readonly unknown[]]>([
    ['a default', z.object({ a: z.string().default('x') }), [{}, { a: 'y' }, { a: 1 }]],
    ['a transformation', z.object({ a: z.string().transform((value) => value.length) }), [{ a: 'y' }, { a: 1 }]],
    ['a coercion', z.object({ a: z.coerce.number() }), [{ a: '1' }, { a: 1 }]],
    ['a refinement of an object', z.object({ a: z.number() }).refine(({ a }) => a > 1), [{ a: 1 }, { a: 2 }, { b: 1 }, null]],
    ['a pattern with a flag', z.object({ a: z.string().regex(/^x$/i) }), [{ a: 'X' }, { a: 'y' }]],
    ['a record', z.record(z.string(), z.number()), [{ a: 1 }, { a: 'x' }, JSON.parse('{"__proto__":1}')]],
    ['a union', z.union([z.string().max(1), z.object({ a: z.int() })]), ['a', 'ab', { a: 1 }, { a: 1.5 }, { a: 1, b: 2 }]],
    ['a tuple', z.tuple([z.string(), z.number()]), [['a', 1], ['a'], ['a', 1, 2]]],
    ['a multiple', z.object({ a: z.number().multipleOf(0.1) }), [{ a: 0.3 }, { a: 0.35 }]],
    ['a record of the configuration', configurationEventSchemas.OfferChanged, [event, {}]],
  ])('is truthful about %s', (_, schema, values) => {
    const check = compileCheck(schema);
    for (const value of values) isTruthful(schema, check, value);
  });

  it('never speaks about what is wrong: the schema does, and names the field', () => {
    const read = decodeConversionEvent(Buffer.from(JSON.stringify(withField('payout', 'much'))));
    expect(read).toEqual({ ok: false, reason: 'data.conversion.payout: must be a decimal string such as "12.50"' });
  });
});
