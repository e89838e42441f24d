import type { Logger } from './logger.js';

/** How long a signal's `debug` lasts, in ms: what was forgotten must not fill a disk. */
export const DEBUG_FOR_MS = 10 * 60 * 1_000;

/**
 * Turns a process' log to `debug` for ten minutes with one SIGUSR2, and back with the next. A signal works where HTTP does not, and needs no
 * route that could be left open; whoever may send it could restart the process with another LOG_LEVEL.
 * @returns stops listening, and puts the level back
 */
export function debugOnSignal(logger: Logger, signals: Pick<NodeJS.EventEmitter, 'on' | 'off'> = process): () => void {
  const usual = logger.level;
  let timer: NodeJS.Timeout | null = null;
  const back = (): void => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    logger.level = usual;
    logger.info({ logLevel: usual }, 'the log is back at its usual level');
  };
  const onSignal = (): void => {
    if (timer !== null) return back();
    timer = setTimeout(back, DEBUG_FOR_MS);
    timer.unref();
    logger.level = 'debug';
    logger.info({ logLevel: 'debug', forMs: DEBUG_FOR_MS }, 'the log tells more for a while');
  };
  signals.on('SIGUSR2', onSignal);
  return () => {
    signals.off('SIGUSR2', onSignal);
    back();
  };
}
