/** A callback without a success since it first failed, and which version of it was given up. */
export interface FailingCallback {
  readonly callbackId: number;
  readonly disabledVersion: number | null;
}

/**
 * The rows of `callback_health`, in memory: asked for every success, so that one of a callback that is well costs no statement, and before
 * every request, so that what was given up is sent no more while the configuration that says so is still on its way.
 */
export class FailingCallbacks {
  #known = new Map<number, number | null>();
  /** Since the table was last read: whoever read it may have begun before they were in it. */
  #added = new Map<number, number | null>();

  get size(): number {
    return this.#known.size;
  }

  has(callbackId: number): boolean {
    return this.#known.has(callbackId);
  }

  /** @returns whether this version was given up: it must not be sent. A newer one is an admin's word. */
  isDisabled(callbackId: number, version: number): boolean {
    return this.#known.get(callbackId) === version;
  }

  add({ callbackId, disabledVersion }: FailingCallback): void {
    this.#known.set(callbackId, disabledVersion);
    this.#added.set(callbackId, disabledVersion);
  }

  delete(callbackId: number): void {
    this.#known.delete(callbackId);
    this.#added.delete(callbackId);
  }

  /** Takes in the whole table as it was read. */
  replace(rows: Iterable<FailingCallback>): void {
    this.#known = new Map(Array.from(rows, ({ callbackId, disabledVersion }) => [callbackId, disabledVersion]));
    for (const [callbackId, disabledVersion] of this.#added) this.#known.set(callbackId, disabledVersion);
    this.#added = new Map();
  }
}
