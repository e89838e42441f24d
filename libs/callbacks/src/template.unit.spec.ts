import fc from 'fast-check';
import { contextWith } from './fixtures.spec.js';
import { AS_TEXT } from './place-encoding.js';
import { compileTemplate, renderTemplate } from './template.js';
import { parseTemplate } from './template-syntax.js';

const context = contextWith({ sub1: 'One', sub2: '', clickTime: undefined, status: 'done', currency: 'EUR' });

function text(template: string): string {
  const compiled = compileTemplate(template, AS_TEXT);
  if (!compiled.ok) throw new Error(compiled.faults.join('; '));
  return renderTemplate(compiled.template, context, 10_000);
}

function faults(template: string): readonly string[] {
  const compiled = compileTemplate(template, AS_TEXT);
  return compiled.ok ? [] : compiled.faults;
}

describe('a name in braces is a macro', () => {
  it.each([
    ['{sub1}', 'One'],
    ['a{sub1}b{status}c', 'aOnebdonec'],
    ['{sub1}{sub1}', 'OneOne'],
    ['{SUB1}', 'One'],
    ['{{sub1}}', '{One}'],
    ['{"a":{sub1}}', '{"a":One}'],
    ['{param.plan}', 'gold'],
  ])('%s → %s', (template, expected) => expect(text(template)).toBe(expected));
});

describe('any other brace is a brace', () => {
  it.each([
    '{',
    '}',
    '{}',
    '{ }',
    '{{',
    '}{',
    '{"a":1}',
    '{"sub1":1}',
    '{1}',
    '{2,3}',
    '{a b}',
    '{a:1}',
    '{foo',
    'x{foo y',
    '{é}',
    '{-a}',
    '',
  ])('%s', (template) => expect(text(template)).toBe(template));
});

describe('a backslash makes a macro text', () => {
  it.each([
    ['\\{sub1}', '{sub1}'],
    ['a\\{nonsense}b', 'a{nonsense}b'],
    ['\\{sub1|upper}{sub1}', '{sub1|upper}One'],
    ['"\\\\{sub1}"', '"\\\\One"'],
    ['{sub1}\\{sub1}', 'One{sub1}'],
    ['\\{"a":1}', '\\{"a":1}'],
    ['C:\\dir', 'C:\\dir'],
  ])('%s → %s', (template, expected) => expect(text(template)).toBe(expected));
});

describe('modifiers', () => {
  it.each([
    // default
    ['{sub2|default:none}', 'none'],
    ['{sub1|default:none}', 'One'],
    ['{sub2|default:}', ''],
    ['{sub2|default:a b:c/d,e=f#?&}', 'a b:c/d,e=f#?&'],
    ['{sub2|default:\\{x\\}\\|\\\\}', '{x}|\\'],
    ['{param.none|default:0}', '0'],
    // case
    ['{sub1|upper}', 'ONE'],
    ['{sub1|lower}', 'one'],
    ['{sub1|UPPER}', 'ONE'],
    // map
    ['{status|map:pending=1,done=2,rejected=3}', '2'],
    ['{status|map:pending=1}', 'done'],
    ['{status|map:done=}', ''],
    ['{sub2|map:=empty}', 'empty'],
    ['{status|map:done=a\\,b\\=c}', 'a,b=c'],
    // fmt
    ['{conversion_time|fmt:unix}', '1735732800'],
    ['{conversion_time|fmt:unix_ms}', '1735732800000'],
    ['{conversion_time|fmt:iso}', '2025-01-01T12:00:00.000Z'],
    ['{conversion_time|fmt:date}', '2025-01-01'],
    ['{conversion_time|fmt:time}', '12:00:00'],
    ['{sent_at|fmt:unix_ms}', '1735732801536'],
    ['{timestamp|fmt:iso}', '2025-01-01T12:00:01.536Z'],
    ['{date|fmt:time}', '12:00:01'],
    ['{time|fmt:date}', '2025-01-01'],
    ['{click_time|fmt:unix}', ''],
    // in their order
    ['{sub2|default:none|upper}', 'NONE'],
    ['{sub2|upper|default:none}', 'none'],
    ['{currency|lower|map:eur=€|default:?}', '€'],
    ['{click_time|fmt:unix|default:0}', '0'],
    ['{click_time|default:never|fmt:unix}', 'never'],
    ['{conversion_time|default:never|fmt:unix}', '1735732800'],
    ['{conversion_time|fmt:date|map:2025-01-01=new year}', 'new year'],
    ['{sub1|raw|upper}', 'ONE'],
    ['{sub1|upper|raw}', 'ONE'],
  ])('%s → %s', (template, expected) => expect(text(template)).toBe(expected));
});

describe('what is no macro or no modifier is named, with the nearest known', () => {
  it.each([
    ['{clik_id}', 'unknown macro {clik_id}: the nearest is {click_id}'],
    ['{clickid}', '{click_id}'],
    ['{Payuot}', '{payout}'],
    ['{sub11}', 'unknown macro {sub11}: the nearest is {sub1}'],
    ['{params.plan}', 'the nearest is {param.plan}'],
    ['{param}', 'the nearest is {param.<key>}'],
    ['{sub1|uper}', '{sub1|uper}: unknown modifier "uper": the nearest is "upper"'],
    ['{sub1|}', 'unknown modifier ""'],
    ['{sub1|default}', 'write |default:none'],
    ['{sub1|upper:x}', 'takes nothing after it'],
    ['{sub1|raw:x}', 'takes nothing after it'],
    ['{status|map}', 'needs pairs'],
    ['{status|map:done}', 'one "=" each'],
    ['{status|map:done=1=2}', 'one "=" each'],
    ['{status|map:done=1,done=2}', 'lists "done" twice'],
    ['{sent_at|fmt:unx}', 'not "unx": the nearest is "unix"'],
    ['{sent_at|fmt}', 'knows unix, unix_ms, iso, date, time'],
    ['{payout|fmt:unix}', '{payout} is none: remove |fmt:unix'],
    ['{click_id', '"{click_id" begins a macro but no "}" ends it'],
    ['{sub1|default:x', '"{sub1|default:x" begins a macro but no "}" ends it'],
    ['{sub1|default:{sub2}}', 'begins a macro but no "}" ends it'],
    ['{ click_id }', '"{ click_id }" has spaces in its braces: write {click_id}'],
  ])('%s: %s', (template, message) => expect(faults(template)[0]).toContain(message));

  it('each fault is told', () => expect(faults('{nope}{sub1|nope}{nada|upper}')).toHaveLength(3));
});

it('a text without macros is its own rendering, whatever it holds', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((any) => !any.includes('{')),
      (any) => expect(text(any)).toBe(any),
    ),
  );
});

it('reading never fails, and loses no character', () => {
  const fragments = fc.constantFrom('{', '}', '|', ':', '\\', 'sub1', 'x', ' ', '"', ',', '=', '{sub1}', '{sub1|upper}');
  fc.assert(
    fc.property(fc.array(fragments, { maxLength: 30 }), (parts) => {
      const written = parts.join('');
      const read = parseTemplate(written).map((piece) => (piece.kind === 'text' ? piece.text : piece.source));
      // An escape gives up its backslash; nothing else goes.
      expect(read.join('').replaceAll('\\', '')).toBe(written.replaceAll('\\', ''));
    }),
  );
});

it('stops once the text is longer than it may be', () => {
  const compiled = compileTemplate('{sub1}'.repeat(1_000), AS_TEXT);
  if (!compiled.ok) throw new Error('not compiled');
  expect(renderTemplate(compiled.template, contextWith({ sub1: 'x'.repeat(1_000) }), 5_000).length).toBeLessThanOrEqual(6_000);
});
