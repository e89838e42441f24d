/** One jest project per tier; the tier is the file's suffix. */
const tier = (name, extra = {}) => ({
  displayName: name,
  rootDir: import.meta.dirname,
  testMatch: [`<rootDir>/{apps,libs}/*/**/*.${name}.spec.ts`],
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['/dist/', '/.local/'],
  ...extra,
});

/** Tiers that use PostgreSQL and Kafka: one of each for the whole run. */
const servers = {
  globalSetup: '<rootDir>/libs/testbed/jest/global-setup.mjs',
  globalTeardown: '<rootDir>/libs/testbed/jest/global-teardown.mjs',
};

/** Tiers that use the whole system as it is built: one for all files that leave its processes alone. */
const wholeSystem = {
  globalSetup: '<rootDir>/libs/testbed/jest/e2e-global-setup.mjs',
  globalTeardown: '<rootDir>/libs/testbed/jest/e2e-global-teardown.mjs',
  setupFilesAfterEnv: ['<rootDir>/libs/testbed/jest/e2e-timeout.mjs'],
};

export default {
  projects: [
    tier('unit'),
    tier('int', servers),
    tier('e2e', wholeSystem),
    // Not part of `npm test`: `npm run screenshots`.
    tier('screenshots', wholeSystem),
  ],
  // Starting servers and waiting for real ones takes longer than jest's 5 s; a unit spec never gets near it.
  testTimeout: 60_000,
};
