import globalTeardown from './global-teardown.mjs';

export default async function e2eGlobalTeardown() {
  await globalThis.ringbackPlatform?.stop();
  await globalTeardown();
}
