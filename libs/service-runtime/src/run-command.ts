import { exitForConfig } from './config-error.js';

/** `EX_TEMPFAIL` of sysexits.h. */
const TRY_AGAIN = 75;

/** What came of a command: a line for whoever ran it, and whether it is to be run again until all of it is done. */
export interface CommandEnd {
  readonly line: string;
  readonly tryAgain?: boolean;
}

/**
 * Runs a program that does one thing and ends: what came of it goes to the standard output. Exit code 75 (`EX_TEMPFAIL`) asks for another run;
 * settings that cannot be used end it with 78 (`EX_CONFIG`), one line each.
 */
export async function runCommand(command: () => Promise<CommandEnd | void>): Promise<void> {
  try {
    const end = await command();
    if (end === undefined) return;
    process.stdout.write(`${end.line}\n`);
    if (end.tryAgain === true) process.exitCode = TRY_AGAIN;
  } catch (error) {
    exitForConfig(error);
    throw error;
  }
}
