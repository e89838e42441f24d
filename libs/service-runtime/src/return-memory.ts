/** A larger heap is mostly alive, and looking through it several times takes seconds: there is little to be given back, and much to be paid. */
const MAX_HEAP_BYTES = 256 * 1024 * 1024;

/**
 * Gives back what a start has used and needs no more: the code that was compiled once, what was read to be indexed. V8 would keep the room for
 * it, tens of MB, until the process allocates that much again. Takes some 100 ms, in which nothing else is done. Without `--expose-gc` it does
 * nothing.
 * @param maxHeapBytes a heap of which more is in use stays as it is
 */
export function returnMemory(maxHeapBytes = MAX_HEAP_BYTES): void {
  if (process.memoryUsage().heapUsed > maxHeapBytes) return;
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
