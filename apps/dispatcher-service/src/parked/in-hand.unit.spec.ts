import { aDelivery } from '../testing/deliveries.js';
import { InHand } from './in-hand.js';

const A = 'http://a:80';
const B = 'http://b:80';

function fill(inHand: InHand, destination: string): number {
  let taken = 0;
  while (inHand.roomFor(destination) > 0) {
    inHand.add(aDelivery(destination));
    taken++;
  }
  return taken;
}

describe('what is in hand', () => {
  it('is at most so much of one destination', () => {
    const inHand = new InHand(1_000, () => 32);
    expect(fill(inHand, A)).toBe(32);
    expect(inHand.fullDestinations()).toEqual([A]);
    expect(inHand.roomFor(B)).toBe(32);
  });

  it('leaves room for one more destination, however many hang', () => {
    const inHand = new InHand(100, () => 1_000);
    expect(fill(inHand, A)).toBe(50);
    expect(fill(inHand, B)).toBe(25);
    for (let hanging = 0; hanging < 3; hanging++) {
      expect(inHand.roomFor(`http://${hanging}:80`)).toBeGreaterThan(0);
      fill(inHand, `http://${hanging}:80`);
    }
    expect(inHand.room).toBeGreaterThan(0);
    expect(inHand.size + inHand.room).toBe(100);
  });

  it('follows what a destination can take', () => {
    let cap = 32;
    const inHand = new InHand(1_000, () => cap);
    fill(inHand, A);
    cap = 16;
    expect(inHand.roomFor(A)).toBe(-16);
    expect(inHand.fullDestinations()).toEqual([A]);
    cap = 64;
    expect(inHand.roomFor(A)).toBe(32);
    expect(inHand.fullDestinations()).toEqual([]);
  });

  it('is let go once, and leaves nothing behind', () => {
    const inHand = new InHand(10, () => 1);
    const delivery = aDelivery(A);
    inHand.add(delivery);
    expect(inHand.delete(delivery)).toBe(true);
    expect(inHand.delete(delivery)).toBe(false);
    expect(inHand.delete(aDelivery(A))).toBe(false);
    expect([inHand.size, inHand.room, inHand.fullDestinations()]).toEqual([0, 10, []]);
    expect([...inHand]).toEqual([]);
  });
});
