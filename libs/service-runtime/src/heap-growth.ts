import { setFlagsFromString } from 'node:v8';

/**
 * Lets what has grown old become two and a half times what was alive before V8 looks through the whole heap again. Its own bound is a tenth
 * above that, and it begins as soon as the bound is nearer than twice a space of the young generation: with spaces of 64 MB at once, so that it
 * was at it nearly always, half a second of CPU each time beside a million callbacks. NODE_OPTIONS does not take it, so it is set here.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--heap-growing-percent=150');
}
