/** Beside the servers: one whole system for all end-to-end specs that leave its processes alone. */
import globalSetup from './global-setup.mjs';

export default async function e2eGlobalSetup() {
  await globalSetup();
  const { Platform } = await import('../src/platform.ts');
  const platform = await Platform.start();
  process.env.E2E_SYSTEM = JSON.stringify(platform.settings);
  globalThis.ringbackPlatform = platform;
}
