import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Who may import whom, by named tags. What is not listed is refused. */
const allowed = {
  'layer:contracts': [],
  'layer:callbacks': ['layer:contracts'],
  'layer:postgres-arrays': [],
  'layer:event-stream': ['layer:contracts', 'layer:postgres-arrays'],
  'layer:service-runtime': ['layer:contracts'],
  'layer:testbed': ['layer:contracts', 'layer:event-stream', 'layer:service-runtime'],
  'type:service': ['layer:contracts', 'layer:callbacks', 'layer:event-stream', 'layer:service-runtime', 'layer:postgres-arrays'],
  'type:console': [],
  'type:local': ['layer:contracts', 'layer:event-stream', 'layer:service-runtime', 'layer:testbed'],
  'type:bench': ['layer:contracts', 'layer:event-stream', 'layer:service-runtime', 'layer:testbed'],
  'type:e2e': ['layer:contracts', 'layer:callbacks', 'layer:event-stream', 'layer:service-runtime', 'layer:testbed'],
};

const boundaries = (extra = []) => [
  'error',
  {
    enforceBuildableLibDependency: false,
    checkDynamicDependenciesExceptions: ['.*'],
    depConstraints: Object.entries(allowed).map(([sourceTag, tags]) => ({
      sourceTag,
      onlyDependOnLibsWithTags: sourceTag.startsWith('layer:contracts') ? extra : [...tags, ...extra],
    })),
  },
];

/** One door for each dangerous thing. A file that is the door is switched off by name further down. */
const kafkajs = { name: 'kafkajs', message: 'Kafka is reached through @ringback/event-stream only.' };
const undici = { name: 'undici', message: 'Callbacks leave through apps/dispatcher-service/src/delivery/http-sender.ts only.' };
const environment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: "Settings are read in an app's config.ts only.",
};
const clocks = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'No clock here: take the time as an argument.',
  },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'No clock here: take the time as an argument.' },
  { selector: "MemberExpression[object.name='performance'][property.name='now']", message: 'No clock here: take the time as an argument.' },
];
const mocks = {
  selector: "MemberExpression[object.name='jest'][property.name='mock']",
  message: 'Write a fake that runs the same contract suite.',
};

const doors = (...paths) => ['error', { paths }];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.local/**', '.nx/**', 'coverage/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': boundaries(),
      'no-restricted-imports': doors(kafkajs, undici),
      'no-restricted-syntax': ['error', environment, mocks],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false, properties: false, arguments: false } }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', Buffer: 'readonly', setTimeout: 'readonly' } },
  },
  // Specs may use the testbed, whatever they test.
  {
    files: [
      'apps/*/src/**/*.spec.ts',
      'libs/{callbacks,event-stream,postgres-arrays,service-runtime}/src/**/*.spec.ts',
      'apps/*/src/**/testing/*.ts',
      'libs/*/src/**/testing/*.ts',
    ],
    rules: {
      '@nx/enforce-module-boundaries': boundaries(['layer:testbed', 'layer:contracts', 'layer:service-runtime', 'layer:event-stream']),
    },
  },
  // Pure libraries: no clock; what a callback means needs nothing of Node either.
  {
    files: ['libs/{contracts,callbacks}/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-syntax': ['error', environment, mocks, ...clocks] },
  },
  {
    files: ['libs/callbacks/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [kafkajs, undici], patterns: [{ group: ['node:*'], message: 'libs/callbacks is pure: nothing of Node.' }] },
      ],
    },
  },
  // The console runs in a browser and knows the gateway's public API only; its build is configured in Node.
  {
    files: ['apps/console/**/*.{ts,tsx}'],
    plugins: { 'jsx-a11y': jsxA11y, 'react-hooks': reactHooks },
    languageOptions: { parserOptions: { project: './apps/console/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: { ...jsxA11y.flatConfigs.recommended.rules, ...reactHooks.configs['recommended-latest'].rules },
  },
  {
    files: ['apps/console/src/**/*.{ts,tsx}'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [kafkajs, undici],
          patterns: [{ group: ['node:*', '@ringback/*'], message: 'The console talks to the gateway only, through src/api.' }],
        },
      ],
    },
  },
  // The doors themselves.
  { files: ['libs/event-stream/src/**/*.ts'], rules: { 'no-restricted-imports': doors(undici) } },
  { files: ['apps/dispatcher-service/src/delivery/http-sender.ts'], rules: { 'no-restricted-imports': doors(kafkajs) } },
  // The yardsticks, and what drives the services, are clients of their own.
  { files: ['apps/bench/src/children/*.ts'], rules: { 'no-restricted-imports': doors(kafkajs) } },
  {
    files: ['apps/*/src/config.ts', 'apps/{local,e2e}/**/*.ts', 'libs/testbed/**/*.ts', '**/testing/*.ts', '**/*.spec.ts'],
    rules: { 'no-restricted-syntax': ['error', mocks] },
  },
  { files: ['apps/{local,e2e,bench}/**/*.ts'], rules: { 'no-console': 'off' } },
  prettier,
);
