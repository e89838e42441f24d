/**
 * A value that no element of the array can hold. `code` is the SQLSTATE that PostgreSQL would have refused it with (appendix A), so that
 * whoever handles refused data need not know which side refused it.
 */
export class ArrayValueError extends Error {
  override readonly name = 'ArrayValueError';

  constructor(
    readonly code: '22003' | '22P02',
    message: string,
  ) {
    super(message);
  }
}
