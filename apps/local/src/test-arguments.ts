export interface TestArguments {
  /** Faults as long and loads as large as promised, instead of the sizes for every day. */
  readonly long: boolean;
  /** Given to jest: parts of paths, and options of its own. With one, only jest runs. */
  readonly filter: readonly string[];
}

/** Reads the arguments of `npm test -- …`. */
export function readTestArguments(args: readonly string[]): TestArguments {
  return { long: args.includes('--long'), filter: args.filter((arg) => arg !== '--long' && arg !== '--') };
}
