import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Paths whose values never reach a log line, whoever logs them. */
const REDACTED = ['authorization', 'password', 'token', 'secret', 'value', 'apiKey', 'accessToken', 'cookie'].flatMap((field) => [
  field,
  `*.${field}`,
  `headers.${field}`,
  `req.headers.${field}`,
]);

/** @returns a logger that writes one JSON line per entry to stdout. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '***' },
    serializers: { error: pino.stdSerializers.errWithCause, err: pino.stdSerializers.errWithCause },
  });
}

/** Nest's own messages through our logger. What it says at start is detail (debug); its errors are errors. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...details: unknown[]): void {
    this.logger.debug({ context: details.at(-1) }, String(message));
  }
  warn(message: unknown, ...details: unknown[]): void {
    this.logger.warn({ context: details.at(-1) }, String(message));
  }
  error(message: unknown, ...details: unknown[]): void {
    this.logger.error({ context: details.at(-1), stack: typeof details[0] === 'string' ? details[0] : undefined }, String(message));
  }
  fatal(message: unknown, ...details: unknown[]): void {
    this.error(message, ...details);
  }
  debug(message: unknown, ...details: unknown[]): void {
    this.logger.debug({ context: details.at(-1) }, String(message));
  }
  verbose(message: unknown, ...details: unknown[]): void {
    this.logger.trace({ context: details.at(-1) }, String(message));
  }
}
