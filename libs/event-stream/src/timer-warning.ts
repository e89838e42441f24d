const silenced = Symbol.for('ringback.event-stream.timer-warning');

/**
 * kafkajs 2.2.4 asks for a timer in the past with every request (`RequestQueue.scheduleCheckPendingRequests`); Node 24 warns about it,
 * once a process. That one warning is dropped, and only when it comes from kafkajs. Does it once, however often it is called.
 */
export function silenceKafkajsTimerWarning(): void {
  const target = process as typeof process & { [silenced]?: true };
  if (target[silenced]) return;
  target[silenced] = true;
  const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = ((...args: unknown[]) => {
    if (args[1] === 'TimeoutNegativeWarning' && new Error().stack?.includes('kafkajs')) return;
    emitWarning(...args);
  }) as typeof process.emitWarning;
}
