import { contextWith, created } from './fixtures.spec.js';
import { findMacro, MACRO_CATALOGUE, MACROS } from './macro-catalogue.js';
import type { RenderContext } from './render-context.js';
import { SAMPLE_CONTEXT } from './sample-context.js';

function valueOf(name: string, context: RenderContext = SAMPLE_CONTEXT): string {
  const macro = findMacro(name);
  if (macro === null) throw new Error(`no macro ${name}`);
  return macro.read(context);
}

/** Every macro of the founding design, in its words. */
const PROMISED = [
  ...'conversion_id transaction_id click_id affiliate_click_id delivery_id event_id callback_id random'.split(' '),
  ...'event_type status previous_status status_code conversion_version reject_reason goal_id goal_name'.split(' '),
  ...'payout currency revenue sale_amount offer_id offer_name affiliate_id affiliate_name source'.split(' '),
  ...Array.from({ length: 10 }, (_, index) => [`sub${index + 1}`, `adv${index + 1}`]).flat(),
  ...'click_time conversion_time status_time sent_at timestamp date time'.split(' '),
  ...'ip country region city user_agent device_type os browser language gclid fbclid ttclid idfa gaid'.split(' '),
  ...'attempt promo_code user_id'.split(' '),
];

it('holds every macro that is promised, each name once, and param.<key>', () => {
  expect(MACRO_CATALOGUE.map(({ name }) => name).sort()).toEqual([...PROMISED, 'param.<key>'].sort());
});

describe('shows of each macro the value it has for the sample', () => {
  it.each(MACROS.map(({ name, example }) => [name, example]))('{%s} is "%s"', (name, example) => expect(valueOf(name)).toBe(example));
  it('{param.plan} is "gold"', () => expect(valueOf('param.plan')).toBe('gold'));
});

it('tells a meaning for each', () => {
  for (const { meaning } of MACRO_CATALOGUE) expect(meaning).not.toBe('');
});

it('flags what may tell who or where a person is', () => {
  const personal = MACRO_CATALOGUE.filter(({ pii }) => pii).map(({ name }) => name);
  expect(personal).toEqual(['ip', 'city', 'user_agent', 'gclid', 'fbclid', 'ttclid', 'idfa', 'gaid', 'user_id', 'param.<key>']);
});

describe('a known macro without a value is the empty string', () => {
  const { id, version, offerId, affiliateId, createdAt, statusAt } = SAMPLE_CONTEXT.event.data.conversion;
  const bare = { id, version, offerId, affiliateId, goalId: null, status: 'pending', rejectReason: null, createdAt, statusAt } as const;
  const event = { ...created(), data: { revision: 1, conversion: bare } } as RenderContext['event'];
  const context = { ...SAMPLE_CONTEXT, event, goalName: null };
  const always =
    /^(conversion_id|(delivery|event|callback|offer|affiliate)_(id|name)|random|event_type|status|status_code|conversion_version|(conversion|status)_time|sent_at|timestamp|date|time|attempt)$/;
  it.each(MACROS.filter(({ name }) => !always.test(name)).map(({ name }) => name))('{%s}', (name) =>
    expect(valueOf(name, context)).toBe(''),
  );
  it('{param.plan}', () => expect(valueOf('param.plan', context)).toBe(''));
});

describe('names', () => {
  it.each(['CLICK_ID', 'Click_Id', 'click_id'])('are read in any letter case: {%s}', (name) => expect(valueOf(name)).toBe('c7f3e9a1b2'));
  it('after param. are compared letter by letter', () => {
    const context = contextWith({ params: { Plan: 'A', plan: 'b' } });
    expect([valueOf('param.Plan', context), valueOf('PARAM.plan', context), valueOf('param.PLAN', context)]).toEqual(['A', 'b', '']);
  });
  it.each(['constructor', '__proto__', 'toString'])('of params never reach into the language: {param.%s}', (key) =>
    expect(valueOf(`param.${key}`, contextWith({ params: {} }))).toBe(''),
  );
  it.each(['nonsense', 'param', 'param.', 'param.a.b', 'click-id', 'toString', '__proto__'])('unknown: {%s}', (name) =>
    expect(findMacro(name)).toBeNull(),
  );
});

describe('values of an event', () => {
  it.each([
    ['pending', '1'],
    ['done', '2'],
    ['rejected', '3'],
  ] as const)('{status_code} of %s is %s', (status, code) => expect(valueOf('status_code', contextWith({ status }))).toBe(code));
  it('{previous_status} is empty for a new conversion', () =>
    expect(valueOf('previous_status', { ...SAMPLE_CONTEXT, event: created() })).toBe(''));
  it('{event_type} of a new conversion', () =>
    expect(valueOf('event_type', { ...SAMPLE_CONTEXT, event: created() })).toBe('ConversionCreated'));
  it('{reject_reason}', () => expect(valueOf('reject_reason', contextWith({ rejectReason: 'fraud' }))).toBe('fraud'));
  it('a time with an offset is told in UTC', () =>
    expect(valueOf('click_time', contextWith({ clickTime: '2025-06-01T10:00:00+02:00' }))).toBe('2025-06-01T08:00:00.000Z'));
  it('{random} is drawn anew at each place', () => {
    let drawn = 0;
    const context = { ...SAMPLE_CONTEXT, random: () => String(++drawn) };
    expect([valueOf('random', context), valueOf('random', context)]).toEqual(['1', '2']);
  });
});
