import { ProblemError } from '@ringback/service-runtime';
import { requireMatch } from './etag.js';
import { cursorPosition, page } from './paging.js';

describe('If-Match', () => {
  const check = (header: string | undefined) => () => requireMatch(header, 3, () => ({ version: 3 }));

  it.each([undefined, '"3"', '*', '"2", "3"', ' "3" '])('%s lets an edit of version 3 through', (header) => {
    expect(check(header)).not.toThrow();
  });

  it.each(['"2"', '3', 'W/"3"', '', '"33"', 'rubbish'])('%s does not, and shows what is current', (header) => {
    expect(check(header)).toThrow(ProblemError);
    try {
      check(header)();
    } catch (error) {
      expect(error).toMatchObject({ status: 412, details: { extensions: { current: { version: 3 } } } });
    }
  });
});

describe('a page', () => {
  it('ends with a cursor that the next one begins at, only where there is a next one', () => {
    const first = page([{ id: 1 }, { id: 5 }, { id: 9 }], 2);
    expect(first.items).toEqual([{ id: 1 }, { id: 5 }]);
    expect(cursorPosition(first.nextCursor!)).toBe(5);
    expect(page([{ id: 9 }], 2)).toEqual({ items: [{ id: 9 }], nextCursor: null });
    expect(page([], 2)).toEqual({ items: [], nextCursor: null });
  });

  it.each(['', 'x', '%00', Buffer.from('{"at":-1}').toString('base64url'), Buffer.from('{"at":1,"b":2}').toString('base64url'), 'bnVsbA'])(
    'is not had for the cursor "%s"',
    (cursor) => {
      expect(() => cursorPosition(cursor)).toThrow(expect.objectContaining({ status: 422 }));
    },
  );
});
