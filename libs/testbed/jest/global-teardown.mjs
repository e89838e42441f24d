import { rmSync } from 'node:fs';

/** Stops what global-setup.mjs started; called once for each tier, the first call does it. */
export default async function globalTeardown() {
  const testbed = globalThis.ringbackTestbed;
  if (testbed === undefined) return;
  globalThis.ringbackTestbed = undefined;
  await testbed.kafka.kill();
  await testbed.postgres.stop();
  rmSync(testbed.room, { recursive: true, force: true });
}
