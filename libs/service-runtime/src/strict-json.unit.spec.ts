import fc from 'fast-check';
import { ProblemError } from './problem-error.js';
import { readStrictJson } from './strict-json.js';

const read = (text: string | Buffer) => readStrictJson(Buffer.from(text));

function refusalOf(text: string | Buffer): ProblemError {
  try {
    read(text);
  } catch (error) {
    return error as ProblemError;
  }
  throw new Error('it was read');
}

describe('a JSON body', () => {
  it('is read as JSON.parse reads it, when its names are ordinary and each stands once', () => {
    const ordinary = fc.jsonValue({ maxDepth: 5 }).filter((value) => !/__proto__|constructor|prototype/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(ordinary, fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each<[string, string, string]>([
    ['in the body itself', '{"a":1,"a":1}', 'a'],
    ['in an item of a list', '{"items":[{"x":1},{"x":"{\\"x\\":1,","b":[],"x":{}}]}', 'items.1.x'],
    ['once in other letters', '{"sub1":"a","sub\\u0031":"b"}', 'sub1'],
    ['after a list of lists', '[[1,[2,3]],{"k":[],"k":[]}]', '1.k'],
    ['with quotes and backslashes in its name', '{"\\"\\\\":1, "\\u0022\\\\" :2}', '"\\'],
  ])('that names something twice is refused by name: %s', (_, text, path) => {
    expect(refusalOf(text)).toMatchObject({ status: 400, details: { errors: [{ path, message: expect.stringContaining('twice') }] } });
  });

  it('that names the same in two objects is read', () => {
    expect(read('[{"a":{"a":1}},{"a":":"}]')).toEqual([{ a: { a: 1 } }, { a: ':' }]);
  });

  it.each(['__proto__', 'constructor', 'prototype', '__\\u0070roto__'])('with the name %s is refused by name', (name) => {
    const refusal = refusalOf(`{"params":{"${name}":{"polluted":true}}}`);
    expect(refusal.status).toBe(400);
    expect(refusal.details.errors![0]!.path).toBe(`params.${JSON.parse(`"${name}"`) as string}`);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('may nest 32 levels, and no more, however long it is', () => {
    expect(read('['.repeat(32) + ']'.repeat(32))).toBeInstanceOf(Array);
    expect(read(`"${'['.repeat(100)}"`)).toBe('['.repeat(100));
    expect(refusalOf('['.repeat(33) + ']'.repeat(33)).detail).toContain('deeper than 32');
    expect(refusalOf(Buffer.alloc(16 * 1024 * 1024, '[')).detail).toContain('deeper than 32');
    expect(refusalOf('{"a":'.repeat(100_000)).detail).toContain('deeper than 32');
  });

  it.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['a cut-off text', '{"a":'],
    ['a cut-off string', '{"a":"\\'],
    ['a comma too many', '{"a":1,}'],
    ['a byte order mark', '\ufeff{}'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['NaN', '{"a":NaN}'],
  ])('that is %s is refused as no JSON', (_, text) => {
    expect(refusalOf(text)).toMatchObject({ status: 400, detail: expect.stringContaining('not JSON in UTF-8') });
  });
});
