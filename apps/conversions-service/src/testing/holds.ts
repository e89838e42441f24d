import { eventually } from '@ringback/testbed';

/** Resolves once the expectations hold. @throws the last failure after `timeoutMs` (10 s). */
export async function holds(expectations: () => void | Promise<void>, timeoutMs = 10_000): Promise<void> {
  await eventually(
    async () => {
      await expectations();
      return true;
    },
    { timeoutMs },
  );
}
