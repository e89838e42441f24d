import { eventually as untilTruthy } from '@ringback/testbed';

/** Repeats a check until it no longer throws. @returns what it then returned, whatever that is. */
export async function eventually<Result>(
  check: () => Result | Promise<Result>,
  options: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<Result> {
  const done = await untilTruthy(async () => ({ result: await check() }), options);
  return done.result;
}
