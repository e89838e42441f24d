/** First in, first out; both ends in constant time. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** @returns the oldest item, left in place; undefined when empty. */
  peek(): Item | undefined {
    return this.#items[this.#head];
  }

  /** @returns the oldest item, taken out; undefined when empty. */
  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes items off the young end while `drop` says so. */
  dropTail(drop: (item: Item) => boolean): void {
    while (this.size > 0 && drop(this.#items.at(-1)!)) this.#items.pop();
    if (this.#head === this.#items.length) this.clear();
  }

  *[Symbol.iterator](): IterableIterator<Item> {
    for (let index = this.#head; index < this.#items.length; index++) yield this.#items[index]!;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
