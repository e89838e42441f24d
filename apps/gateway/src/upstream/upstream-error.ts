import type { AxiosError } from 'axios';

/**
 * Why a service could not be asked. Holds nothing of the request: axios' own errors carry its headers and body along, which are tokens
 * and personal data, into whatever logs them.
 */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';

  private constructor(
    readonly code: string,
    message: string,
    cause: unknown,
  ) {
    super(message, { cause });
  }

  static from(error: AxiosError): UpstreamError {
    return new UpstreamError(error.code ?? 'UPSTREAM_FAILED', error.message, plain(error.cause));
  }
}

function plain(cause: unknown): unknown {
  return cause instanceof Error ? new Error(cause.message) : undefined;
}
