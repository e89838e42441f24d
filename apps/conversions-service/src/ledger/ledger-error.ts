/**
 * Why nothing was written, where that is no answer to the sender:
 * - `raced`: another transaction recorded one of the same keys or transactions meanwhile; read again and decide anew;
 * - `outbox-full`: more events wait for Kafka than `OUTBOX_MAX_ROWS`;
 * - `configuration-unavailable`: the configuration cannot be read far enough now.
 * All pass by themselves.
 */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';

  constructor(
    readonly code: 'raced' | 'outbox-full' | 'configuration-unavailable',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
