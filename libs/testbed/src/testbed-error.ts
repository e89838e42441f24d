export type TestbedErrorCode =
  | 'NO_JAVA'
  | 'OLD_JAVA'
  | 'NO_MAVEN'
  | 'JARS_FAILED'
  | 'NO_POSTGRES_BINARIES'
  | 'POSTGRES_USER'
  | 'BROKEN_DATA'
  | 'NOT_READY'
  | 'DIED'
  | 'NOT_CONFIGURED'
  | 'TIMEOUT';

/** What the testbed throws. The message is one line that says the remedy where there is one; `logTail` is what the process said last. */
export class TestbedError extends Error {
  override readonly name = 'TestbedError';
  readonly code: TestbedErrorCode;
  readonly logTail: string;

  constructor(code: TestbedErrorCode, message: string, o: { cause?: unknown; logTail?: string } = {}) {
    super(message, { cause: o.cause });
    this.code = code;
    this.logTail = o.logTail ?? '';
  }
}
