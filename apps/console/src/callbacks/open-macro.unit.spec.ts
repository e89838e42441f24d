import { completeMacro, insertMacro, openMacroAt } from './open-macro.js';

/** A text with its cursor at `^`. */
function at(marked: string): [text: string, cursor: number] {
  const cursor = marked.indexOf('^');
  return [marked.replace('^', ''), cursor];
}

describe('a macro that is being typed', () => {
  it.each([
    ['https://t.example/?a={^', { from: 21, typed: '' }],
    ['x{cli^ck}', { from: 1, typed: 'cli' }],
    ['x{Sub1^', { from: 1, typed: 'sub1' }],
    ['{param.pl^', { from: 0, typed: 'param.pl' }],
  ])('is found in %s', (marked, found) => {
    expect(openMacroAt(...at(marked))).toEqual(found);
  });

  it.each(['^{click_id}', '{click_id}^', '{click_id|def^', '{"a": ^', '\\{cli^', 'plain^'])('is not found in %s', (marked) => {
    expect(openMacroAt(...at(marked))).toBeNull();
  });

  it('takes the place of what was typed of it, its closing brace too', () => {
    const [text, cursor] = at('a={cl^}&b');
    expect(completeMacro(text, cursor, openMacroAt(text, cursor)!, 'click_id')).toEqual({ text: 'a={click_id}&b', cursor: 12 });
  });

  it('is inserted at the selection', () => {
    expect(insertMacro('a=XX&b', 2, 4, 'payout')).toEqual({ text: 'a={payout}&b', cursor: 10 });
  });
});
