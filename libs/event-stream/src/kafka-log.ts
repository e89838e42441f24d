import { type LogEntry, logLevel } from 'kafkajs';

/** Structured log; pino's loggers are one. */
export interface EventStreamLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One and the same line of kafkajs is written at most this often. An outage makes it repeat a few lines with every try. */
const REPEAT_AFTER_MS = 10_000;
const MAX_REMEMBERED = 200;
/** What kafkajs adds to its lines and may be shown: ids, places and counts; no payloads. */
const SHOWN = ['broker', 'clientId', 'groupId', 'memberId', 'topic', 'partition', 'retryCount', 'correlationId', 'error'] as const;

/**
 * Makes kafkajs log into ours. Its errors are warnings here: what becomes of them is decided, and logged, by the loop that asked.
 * @param muted while it answers true nothing is written: a client that was cut off complains about it
 */
export function kafkaLogCreator(logger: EventStreamLogger, muted: () => boolean, now: () => number = Date.now) {
  const lastAt = new Map<string, number>();
  return () =>
    ({ namespace, level, log }: LogEntry): void => {
      if (muted() || level > logLevel.INFO) return;
      const line = `${namespace}: ${log.message}`;
      const at = now();
      const last = lastAt.get(line);
      if (last !== undefined && at - last < REPEAT_AFTER_MS) return;
      if (lastAt.size >= MAX_REMEMBERED) lastAt.clear();
      lastAt.set(line, at);
      const fields = Object.fromEntries(SHOWN.filter((key) => log[key] !== undefined).map((key) => [key, shown(log[key])]));
      if (level === logLevel.INFO) logger.debug(fields, `kafkajs: ${line}`);
      else logger.warn(fields, `kafkajs: ${line}`);
    };
}

function shown(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === 'object' ? undefined : value;
}
