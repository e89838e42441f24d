import { placeOf, profileShares } from './profile-shares.js';

describe('where the time goes', () => {
  it.each([
    ['file:///w/node_modules/undici/lib/core/request.js', 'f', 'undici'],
    ['file:///w/node_modules/@nestjs/core/index.js', 'f', '@nestjs/core'],
    ['file:///w/apps/dispatcher-service/dist/recording/recorder.js', 'f', 'dispatcher-service/recording'],
    ['file:///w/apps/dispatcher-service/dist/dispatcher.js', 'f', 'dispatcher-service'],
    ['file:///w/libs/contracts/dist/text.js', 'f', 'contracts'],
    ['node:net', 'f', 'node:net'],
    ['node:internal/stream_base_commons', 'f', 'node:stream_base_commons'],
    ['', '(garbage collector)', '(garbage collector)'],
    ['', 'writeUtf8String', '(native)'],
  ])('%s %s is in %s', (url, name, place) => expect(placeOf(url, name)).toBe(place));

  it('counts own time, of the time that was not idle', () => {
    const node = (id: number, functionName: string, url: string, hitCount: number) => ({
      id,
      hitCount,
      callFrame: { functionName, url, lineNumber: 4 },
    });
    const shares = profileShares({
      nodes: [
        node(1, '(idle)', '', 900),
        node(2, 'write', 'node:net', 25),
        node(3, 'render', 'file:///w/libs/callbacks/dist/a.js', 50),
        node(4, '', 'file:///w/libs/callbacks/dist/b.js', 25),
        node(5, 'never', 'file:///w/libs/callbacks/dist/c.js', 0),
      ],
    });
    expect(shares.places).toEqual([
      { name: 'callbacks', share: 0.75 },
      { name: 'node:net', share: 0.25 },
    ]);
    expect(shares.functions.map(({ name }) => name)).toEqual(['render, callbacks:5', 'write, node:net:5', '(anonymous), callbacks:5']);
  });

  it('counts what a function called, and one that calls itself once', () => {
    const node = (id: number, functionName: string, hitCount: number, children: number[]) => ({
      id,
      hitCount,
      children,
      callFrame: { functionName, url: 'file:///w/libs/callbacks/dist/a.js', lineNumber: id },
    });
    const again = { ...node(4, 'outer', 10, []), callFrame: node(1, 'outer', 0, []).callFrame };
    const { withCallees } = profileShares({
      nodes: [node(1, 'outer', 10, [2, 3]), node(2, 'left', 60, []), node(3, 'right', 20, [4]), again],
    });
    expect(withCallees).toEqual([
      { name: 'outer, callbacks:2', share: 1 },
      { name: 'left, callbacks:3', share: 0.6 },
      { name: 'right, callbacks:4', share: 0.3 },
    ]);
  });
});
