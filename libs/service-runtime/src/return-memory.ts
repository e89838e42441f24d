/**
 * Gives back what a start has used and needs no more: the code that was compiled once, what was read to be indexed. V8 would keep the room for
 * it, tens of MB, until the process allocates that much again. Takes some 100 ms, and longer with a large heap; nothing else is done meanwhile.
 * Without `--expose-gc` it does nothing.
 */
export function returnMemory(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
