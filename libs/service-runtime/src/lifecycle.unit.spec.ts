import { pino } from 'pino';
import { Lifecycle } from './lifecycle.js';

const quiet = () => new Lifecycle(pino({ level: 'silent' }));

describe('a stop in order', () => {
  it('stops what was started last first, one after another', async () => {
    const life = quiet();
    const order: string[] = [];
    for (const part of ['database', 'relay', 'http'])
      life.onStop(part, async () => {
        order.push(`${part} begins`);
        await Promise.resolve();
        order.push(`${part} ends`);
      });
    await life.stop();
    expect(order).toEqual(['http begins', 'http ends', 'relay begins', 'relay ends', 'database begins', 'database ends']);
  });

  it('a part that throws, at once or later, or never ends, does not hold the others', async () => {
    const life = quiet();
    const stopped: string[] = [];
    life.onStop('first', () => void stopped.push('first'));
    life.onStop('hangs', () => new Promise(() => undefined), { timeoutMs: 20 });
    life.onStop('rejects', () => Promise.reject(new Error('no')));
    life.onStop('throws', () => {
      throw new Error('no');
    });
    await life.stop();
    expect(stopped).toEqual(['first']);
  });

  it('happens once, however often it is asked for', async () => {
    const life = quiet();
    let stops = 0;
    life.onStop('part', () => void stops++);
    await Promise.all([life.stop(), life.stop()]);
    await life.stop();
    expect(stops).toBe(1);
  });

  it('makes the process not ready at its beginning', async () => {
    const life = quiet();
    life.health.setReady(true);
    const seen: boolean[] = [];
    life.onStop('part', () => void seen.push(life.health.ready));
    await life.stop();
    expect(seen).toEqual([false]);
  });
});
