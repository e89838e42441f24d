const FIRST_CAPACITY = 8;
/** A larger store is given back once the queue is empty. */
const MAX_KEPT_CAPACITY = 16_384;

/**
 * First in, first out; both ends in constant time. A ring, and not an array that is cut at its old end: arrays that were outgrown or cut would be
 * garbage that has grown old, and until V8 has looked through the whole heap all that they point to grows old with them.
 */
export class Fifo<Item> {
  /** Its length is a power of two. */
  #ring: (Item | undefined)[] = [];
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: Item): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size++) & (this.#ring.length - 1)] = item;
  }

  /** @returns the oldest item, left in place; undefined when empty. */
  peek(): Item | undefined {
    return this.#ring[this.#head];
  }

  /** @returns the oldest item, taken out; undefined when empty. */
  shift(): Item | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    if (--this.#size === 0 && this.#ring.length > MAX_KEPT_CAPACITY) this.clear();
    return item;
  }

  /** Takes items off the young end while `drop` says so. */
  dropTail(drop: (item: Item) => boolean): void {
    while (this.#size > 0) {
      const youngest = (this.#head + this.#size - 1) & (this.#ring.length - 1);
      if (!drop(this.#ring[youngest]!)) return;
      this.#ring[youngest] = undefined;
      this.#size--;
    }
  }

  *[Symbol.iterator](): IterableIterator<Item> {
    for (let index = 0; index < this.#size; index++) yield this.#ring[(this.#head + index) & (this.#ring.length - 1)]!;
  }

  clear(): void {
    this.#ring = [];
    this.#head = 0;
    this.#size = 0;
  }

  #grow(): void {
    const old = this.#ring;
    const ring = new Array<Item | undefined>(Math.max(FIRST_CAPACITY, 2 * old.length)).fill(undefined);
    for (let index = 0; index < this.#size; index++) ring[index] = old[(this.#head + index) & (old.length - 1)];
    old.fill(undefined);
    this.#ring = ring;
    this.#head = 0;
  }
}
