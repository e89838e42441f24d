/** Settings that cannot be used. The message has one line per variable: its name, what is wrong, what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';
}

/** `EX_CONFIG` of sysexits.h. */
const WRONG_SETTINGS = 78;

/** Ends the process, with what is wrong on the standard error, when it is its settings that cannot be used. */
export function exitForConfig(error: unknown): void {
  if (!(error instanceof ConfigError)) return;
  process.stderr.write(`${error.message}\n`);
  process.exit(WRONG_SETTINGS);
}
