import { Fifo } from './fifo.js';

describe('a queue', () => {
  it('gives back what it was given, first in first out, through any mix of calls', () => {
    const fifo = new Fifo<number>();
    const model: number[] = [];
    for (let step = 0; step < 20_000; step++) {
      if (step % 3 !== 2 || step < 5_000) {
        fifo.push(step);
        model.push(step);
      } else {
        expect(fifo.shift()).toBe(model.shift());
      }
    }
    expect([...fifo]).toEqual(model);
    expect(fifo.peek()).toBe(model[0]);
    expect(fifo.size).toBe(model.length);
    while (model.length > 0) expect(fifo.shift()).toBe(model.shift());
    expect(fifo.shift()).toBeUndefined();
    expect(fifo.size).toBe(0);
  });

  it('drops items off its young end', () => {
    const fifo = new Fifo<number>();
    for (const item of [1, 2, 3, 4, 5]) fifo.push(item);
    fifo.shift();
    fifo.dropTail((item) => item > 3);
    expect([...fifo]).toEqual([2, 3]);
    fifo.dropTail(() => true);
    expect(fifo.size).toBe(0);
    expect(fifo.peek()).toBeUndefined();
  });

  it('keeps their order when it grows while its oldest item stands in the middle', () => {
    const fifo = new Fifo<number>();
    for (let item = 0; item < 8; item++) fifo.push(item);
    for (let item = 0; item < 5; item++) fifo.shift();
    for (let item = 8; item < 40; item++) fifo.push(item);
    expect([...fifo]).toEqual(Array.from({ length: 35 }, (_, index) => index + 5));
    expect(fifo.peek()).toBe(5);
  });

  it('is as new after a burst', () => {
    const fifo = new Fifo<number>();
    for (let item = 0; item < 100_000; item++) fifo.push(item);
    for (let item = 0; item < 100_000; item++) expect(fifo.shift()).toBe(item);
    expect(fifo.shift()).toBeUndefined();
    fifo.push(1);
    expect([...fifo]).toEqual([1]);
    fifo.clear();
    expect(fifo.size).toBe(0);
    expect(fifo.peek()).toBeUndefined();
  });
});
