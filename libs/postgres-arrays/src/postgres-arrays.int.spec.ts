import { freshDatabase, type TestDatabase } from '@ringback/testbed';
import fc from 'fast-check';
import pg from 'pg';
import {
  boolArray,
  byteaArray,
  float4Array,
  float8Array,
  int2Array,
  int4Array,
  int8Array,
  jsonArray,
  textArray,
  timestamptzArray,
  uuidArray,
} from './index.js';

const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.array(fc.option(value), { maxLength: 20 });
/** PostgreSQL cannot hold NUL. */
const storable = fc.string({ unit: 'binary', maxLength: 100 }).map((value) => value.replaceAll('\u0000', '').toWellFormed());

describe('an array in the binary format', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await freshDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  /** What PostgreSQL read, as JSON where its own text would lose something. */
  async function read(type: string, array: Buffer, show = 'element'): Promise<unknown[]> {
    const { rows } = await client.query<{ shown: unknown }>({
      text: `select ${show} as shown from unnest($1::${type}[]) with ordinality as given (element, place) order by place`,
      values: [array],
    });
    return rows.map(({ shown }) => shown);
  }
  const arrives = async <Value>(arbitrary: fc.Arbitrary<(Value | null)[]>, check: (values: (Value | null)[]) => Promise<void>) =>
    fc.assert(fc.asyncProperty(arbitrary, check), { numRuns: 30 });

  it.each([
    ['smallint', int2Array, fc.integer({ min: -32_768, max: 32_767 })],
    ['integer', int4Array, fc.integer({ min: -2_147_483_648, max: 2_147_483_647 })],
    ['double precision', float8Array, fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)],
  ])('arrives as it was given: %s', async (type, encode, arbitrary) => {
    await arrives(orNull<number>(arbitrary), async (values) => expect(await read(type, encode(values))).toEqual(values));
  });

  it('arrives as it was given: real', async () => {
    await arrives(orNull(fc.float({ noNaN: true, noDefaultInfinity: true })), async (values) => {
      const shown = await read('real', float4Array(values));
      // A zero has one sign on the way back through text.
      const plain = (value: unknown) => (value === null ? null : Math.fround(value as number) + 0);
      expect(shown.map(plain)).toEqual(values.map(plain));
    });
  });

  it('arrives as it was given: boolean', async () => {
    await arrives(orNull(fc.boolean()), async (values) => expect(await read('boolean', boolArray(values))).toEqual(values));
  });

  it('arrives as it was given: bigint', async () => {
    await arrives(orNull(fc.maxSafeInteger()), async (values) => {
      const shown = await read('bigint', int8Array(values));
      expect(shown.map((value) => (value === null ? null : Number(value)))).toEqual(values);
    });
  });

  it('arrives as it was given: uuid', async () => {
    await arrives(orNull(fc.uuid()), async (values) => expect(await read('uuid', uuidArray(values))).toEqual(values));
    expect(await read('uuid', uuidArray(['ABCDEF01-2345-8789-ABCD-EF0123456789']))).toEqual(['abcdef01-2345-8789-abcd-ef0123456789']);
  });

  it('arrives as it was given: text and json', async () => {
    await arrives(orNull(storable), async (values) => expect(await read('text', textArray(values))).toEqual(values));
    await arrives(orNull(fc.json()), async (values) => expect(await read('json', jsonArray(values), 'element::text')).toEqual(values));
    expect(await read('text', textArray(['a lone \ud800 surrogate']))).toEqual(['a lone \ufffd surrogate']);
  });

  it('arrives as it was given: bytea', async () => {
    const bytes = fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array));
    await arrives(orNull(bytes), async (values) => expect(await read('bytea', byteaArray(values))).toEqual(values));
  });

  it('arrives as it was given: timestamptz', async () => {
    const ms = fc.date({ min: new Date('1715-01-01T00:00:00Z'), max: new Date('2284-12-31T00:00:00Z'), noInvalidDate: true });
    await arrives(orNull(ms.map((date) => date.getTime())), async (values) => {
      const shown = await read('timestamptz', timestamptzArray(values));
      expect(shown.map((date) => (date as Date | null)?.getTime() ?? null)).toEqual(values);
    });
  });

  it.each([
    ['smallint', () => int2Array([1, 32_768]), '22003', '32768 is out of range for smallint'],
    ['integer', () => int4Array([2_147_483_648]), '22003', '2147483648 is out of range for integer'],
    ['integer, a fraction', () => int4Array([1.5]), '22003', '1.5 is out of range for integer'],
    ['bigint', () => int8Array([2 ** 60]), '22003', /is out of range for bigint/],
    ['uuid, too short', () => uuidArray(['abc']), '22P02', '"abc" is no UUID'],
    ['uuid, no digit', () => uuidArray(['0123456g-0123-8123-8123-0123456789ab']), '22P02', /is no UUID/],
    ['uuid, no dash', () => uuidArray(['01234567801234812348123-0123456789ab']), '22P02', /is no UUID/],
    ['uuid, not ASCII', () => uuidArray(['0123456é-0123-8123-8123-0123456789ab']), '22P02', /is no UUID/],
    ['timestamptz', () => timestamptzArray([Infinity]), '22003', /is out of range for timestamptz/],
  ])('is refused as PostgreSQL would refuse it: %s', (_, encode, code, message) => {
    expect(encode).toThrow(expect.objectContaining({ name: 'ArrayValueError', code, message: expect.stringMatching(message) }));
  });

  it('with NUL in a text is refused by PostgreSQL', async () => {
    await expect(read('text', textArray(['a\u0000b']))).rejects.toMatchObject({ code: '22021' });
  });
});
