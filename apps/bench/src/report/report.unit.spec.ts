import { withFigures } from './document.js';
import { atLeast, atMost, exactly, shown, told } from './row.js';
import { rowTable } from './table.js';
import type { BenchResult } from './result.js';

describe('a row', () => {
  it('is met at the budget itself', () => {
    expect([atMost('a', 4, 4, '×').ok, atMost('a', 4.01, 4, '×').ok]).toEqual([true, false]);
    expect([atLeast('a', 0.9, 0.9, '×').ok, atLeast('a', 0.89, 0.9, '×').ok]).toEqual([true, false]);
    expect([exactly('lost', 0, 0, '').ok, exactly('lost', 1, 0, '').ok]).toEqual([true, false]);
    expect(told('rate', 1, '/s').ok).toBeNull();
  });

  it('misses its budget when nothing was measured', () => {
    expect([atMost('a', Number.NaN, 4, '×').ok, atLeast('a', Number.NaN, 4, '×').ok]).toEqual([false, false]);
  });

  it.each([
    [1234567.8, '1,234,568'],
    [123.4, '123'],
    [12.345, '12.3'],
    [0.012345, '0.0123'],
    [7, '7'],
    [Number.NaN, 'NaN'],
  ])('shows %d as %s', (value, text) => expect(shown(value)).toBe(text));
});

describe('the table', () => {
  it('is Markdown with padded columns', () => {
    expect(rowTable([atMost('ratio', 3.456, 4, '×'), told('rate', 5000, '/s')])).toBe(
      [
        '| what  | measured | unit | budget |     |',
        '| ----- | -------- | ---- | ------ | --- |',
        '| ratio | 3.46     | ×    | ≤ 4    | met |',
        '| rate  | 5,000    | /s   |        |     |',
      ].join('\n'),
    );
  });
});

describe('figures in a document', () => {
  const result: BenchResult = {
    short: false,
    machine: { at: '2026-01-02T03:04:05.000Z', cores: 2, cpu: 'Some CPU', memoryGb: 8, system: 'linux', node: '24' },
    scenarios: [{ name: 'cost', title: 'Cost', rows: [told('rate', 1, '/s')], notes: ['two\nlines'], seconds: 1 }],
  };

  it('replace those of the scenario that ran, and no others', () => {
    const document = 'a\n<!-- bench:cost -->\nold\n<!-- /bench:cost -->\nb\n<!-- bench:latency -->\nkept\n<!-- /bench:latency -->\n';
    const written = withFigures(document, result);
    expect(written).not.toContain('old');
    expect(written).toContain('kept');
    expect(written).toContain('2026-01-02, 2 × Some CPU.');
    expect(written).toContain('```\ntwo\nlines\n```');
    expect(withFigures(written, result)).toBe(written);
  });

  it('are refused where the document has no place for them', () => {
    expect(() => withFigures('nothing', result)).toThrow(/no place for "cost"/);
  });
});
