import { findMacro, MACROS } from './macro-catalogue.js';
import { PERSONAL_FIELDS, withoutPersonalFields } from './personal-fields.js';
import { SAMPLE_CONTEXT } from './sample-context.js';

describe('personal fields', () => {
  const context = SAMPLE_CONTEXT;
  const { event } = context;
  const { conversion } = event.data;
  const erased = {
    ...context,
    event: { ...event, data: { ...event.data, conversion: withoutPersonalFields(conversion, '2026-03-01T12:00:00.000Z') } },
  } as typeof context;

  it('are what the catalogue flags, and the parameters of the conversion', () => {
    expect([...PERSONAL_FIELDS].toSorted()).toEqual(
      ['city', 'fbclid', 'gaid', 'gclid', 'idfa', 'ip', 'params', 'ttclid', 'userAgent', 'userId'].toSorted(),
    );
  });

  it.each(MACROS.filter(({ pii }) => pii).map(({ name }) => name))('{%s} is empty once they are erased', (name) => {
    const macro = findMacro(name)!;
    expect(macro.read(context)).not.toBe('');
    expect(macro.read(erased)).toBe('');
  });

  it('are all that is erased', () => {
    for (const macro of MACROS.filter(({ pii, name }) => !pii && name !== 'random'))
      expect([macro.name, macro.read(erased)]).toEqual([macro.name, macro.read(context)]);
    expect(findMacro('param.plan')!.read(erased)).toBe('');
    expect(erased.event.data.conversion.erasedAt).toBe('2026-03-01T12:00:00.000Z');
  });
});
