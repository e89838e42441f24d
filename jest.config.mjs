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

export default { projects: [tier('unit'), tier('int'), tier('e2e')] };
