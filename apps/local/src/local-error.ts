/** Why Ringback cannot run here: the message is the one line that is printed, with the remedy in it. */
export class LocalError extends Error {
  override readonly name = 'LocalError';

  constructor(
    readonly code: string,
    message: string,
    readonly o: { cause?: unknown; detail?: string } = {},
  ) {
    super(message, { cause: o.cause });
  }
}

/** @returns what an error says, on one line. Errors of a connection that tried several addresses say nothing themselves. */
export function oneLine(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return oneLine(error.errors[0]);
  const text = error instanceof Error ? error.message || ((error as NodeJS.ErrnoException).code ?? error.name) : String(error);
  return text.split('\n')[0] ?? '';
}
