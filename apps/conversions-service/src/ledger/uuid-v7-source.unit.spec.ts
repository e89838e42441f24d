import { UuidV7Source, uuidV7Floor } from './uuid-v7-source.js';

describe('UuidV7Source', () => {
  it('writes the time into the id', () => {
    const { id, ms } = new UuidV7Source().next(1_700_000_000_123);
    expect(ms).toBe(1_700_000_000_123);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(ms);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('ascends inside one millisecond', () => {
    const source = new UuidV7Source();
    const ids = Array.from({ length: 5_000 }, () => source.next(1_700_000_000_000).id);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('goes on ascending while the clock lags shortly behind, and believes a clock set far back', () => {
    const source = new UuidV7Source();
    const first = source.next(1_700_000_000_000);
    const lagging = source.next(1_699_999_999_500);
    expect(lagging.ms).toBe(first.ms);
    expect(lagging.id > first.id).toBe(true);
    expect(source.next(1_699_999_000_000).ms).toBe(1_699_999_000_000);
  });
});

describe('uuidV7Floor', () => {
  it('is not above any id of its millisecond and above every id of the one before', () => {
    const source = new UuidV7Source();
    const before = source.next(1_700_000_000_000).id;
    const at = source.next(1_700_000_000_001).id;
    const floor = uuidV7Floor(1_700_000_000_001);
    expect(before < floor && floor <= at).toBe(true);
  });

  it('clamps times that no id can hold', () => {
    expect(uuidV7Floor(-5)).toBe('00000000-0000-0000-0000-000000000000');
    expect(uuidV7Floor(2 ** 60)).toBe('ffffffff-ffff-0000-0000-000000000000');
  });
});
