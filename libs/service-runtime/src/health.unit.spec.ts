import { Health, waiting, type Dependency } from './health.js';

describe('the health of a process', () => {
  const of = (part: { waitsFor: Dependency | null; isStuck?: boolean }) => {
    const health = new Health();
    health.register('loop', () => (part.isStuck ? { ok: false, detail: 'no tick for 30 s' } : waiting(part.waitsFor)));
    return health;
  };

  it('has begun once each part has found what it depends on; what is away later changes nothing', () => {
    const part: { waitsFor: Dependency | null } = { waitsFor: 'kafka' };
    const health = of(part);
    health.setReady(true);
    expect(health.startup()).toEqual({ ok: false, parts: { loop: { ok: true, detail: 'waits for kafka', waitsFor: 'kafka' } } });
    part.waitsFor = null;
    expect(health.startup().ok).toBe(true);
    part.waitsFor = 'postgresql';
    expect(health.startup().ok).toBe(true);
  });

  it('has not begun before everything has started', () => {
    expect(of({ waitsFor: null }).startup().ok).toBe(false);
  });

  it('is alive while a part waits for a named dependency, and not while one stands still for nothing', () => {
    const part = { waitsFor: 'kafka' as const, isStuck: false };
    const health = of(part);
    expect(health.live().ok).toBe(true);
    part.isStuck = true;
    expect(health.live()).toEqual({ ok: false, parts: { loop: { ok: false, detail: 'no tick for 30 s' } } });
  });

  it('is ready although a part waits or fails, but for parts without which it is of no use', () => {
    const part = { waitsFor: 'kafka' as const, isStuck: true };
    const health = of(part);
    health.setReady(true);
    expect(health.ready).toBe(true);
    const pipeline = { ok: true };
    health.register('pipeline', () => ({ ...pipeline }), { isForReadiness: true });
    expect(health.ready).toBe(true);
    pipeline.ok = false;
    expect(health.ready).toBe(false);
    pipeline.ok = true;
    health.setReady(false);
    expect(health.ready).toBe(false);
  });
});
