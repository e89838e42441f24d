import { parseArgs } from 'node:util';
import { LocalError } from './local-error.js';

export interface FuzzArguments {
  readonly minutes: number;
  /** A gateway that runs; undefined: one is started. */
  readonly url: string | undefined;
  readonly key: string;
}

/** Reads the arguments of `npm run fuzz -- …`. @throws {LocalError} one line with the remedy. */
export function readFuzzArguments(args: readonly string[]): FuzzArguments {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: 'string', default: '10' }, url: { type: 'string' }, key: { type: 'string' } },
  });
  const minutes = Number(values.minutes);
  if (!(minutes >= 0.1 && minutes <= 24 * 60))
    throw new LocalError('WRONG_ARGUMENTS', `--minutes ${values.minutes}: give a number from 0.1 to 1440`);
  const url = values.url?.replace(/\/+$/, '');
  if (url !== undefined && values.key === undefined)
    throw new LocalError('WRONG_ARGUMENTS', '--url needs --key: an API key of that gateway');
  return { minutes, url, key: values.key ?? '' };
}
