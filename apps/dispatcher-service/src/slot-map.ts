/**
 * A map for what comes and goes thousands of times a second. V8 gives a `Map` a new table whenever the old one is full of what was deleted, and
 * the old table points to the new one. Once one of them has grown old it keeps all later ones alive, dead as they are, with all that they ever
 * held, until the whole heap is looked through: a `Map` of deliveries made a fifth of all that was allocated grow old. So the `Map` here holds
 * numbers, and what they stand for is in an array.
 */
export class SlotMap<Key extends string | number, Value> {
  readonly #slotOf = new Map<Key, number>();
  readonly #values: (Value | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#slotOf.size;
  }

  get(key: Key): Value | undefined {
    const slot = this.#slotOf.get(key);
    return slot === undefined ? undefined : this.#values[slot];
  }

  set(key: Key, value: Value): void {
    let slot = this.#slotOf.get(key);
    if (slot === undefined) this.#slotOf.set(key, (slot = this.#free.pop() ?? this.#values.length));
    this.#values[slot] = value;
  }

  delete(key: Key): void {
    const slot = this.#slotOf.get(key);
    if (slot === undefined) return;
    this.#slotOf.delete(key);
    this.#values[slot] = undefined;
    this.#free.push(slot);
  }

  clear(): void {
    this.#slotOf.clear();
    this.#values.length = 0;
    this.#free.length = 0;
  }

  *values(): IterableIterator<Value> {
    for (const slot of this.#slotOf.values()) yield this.#values[slot]!;
  }
}
