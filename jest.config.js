const { availableParallelism } = require('node:os');

const babel = {
  babelrc: false,
  configFile: false,
  presets: [['@babel/preset-env', { targets: { node: '20' } }], '@babel/preset-typescript'],
};

const project = {
  rootDir: __dirname,
  testEnvironment: '<rootDir>/__tests__/support/environment.cjs',
  transform: { '\\.[jt]s$': ['babel-jest', babel] },
  // A rejection that nobody handled fails the test it came from.
  waitForUnhandledRejections: true,
};

/** Tests that need a server: the set-up starts one for all of them. */
const onServer = {
  ...project,
  globalSetup: '<rootDir>/__tests__/support/global-setup.ts',
  globalTeardown: '<rootDir>/__tests__/support/global-teardown.ts',
  setupFilesAfterEnv: ['<rootDir>/__tests__/support/postgres.ts', '<rootDir>/__tests__/support/sent-sql.ts'],
};

/** Tests that need a Citus cluster of yours, by its coordinator: docs/citus.md says which. Skipped without one. */
const onCitus = {
  ...project,
  setupFiles: ['<rootDir>/__tests__/support/citus-url.ts'],
  setupFilesAfterEnv: ['<rootDir>/__tests__/support/postgres.ts', '<rootDir>/__tests__/support/sent-sql.ts'],
};

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    { ...project, displayName: 'unit', testMatch: ['<rootDir>/__tests__/unit/**/*.test.ts'] },
    { ...onServer, displayName: 'postgres', testMatch: ['<rootDir>/__tests__/postgres/**/*.test.ts'] },
    { ...onServer, displayName: 'pooler', testMatch: ['<rootDir>/__tests__/pooler/**/*.test.ts'] },
    { ...onServer, displayName: 'browser', testMatch: ['<rootDir>/examples/service/test/*.test.ts'] },
    { ...onCitus, displayName: 'citus', testMatch: ['<rootDir>/__tests__/citus/**/*.test.ts'] },
  ],
  // A test waits for its server half of the time: on two cores, two at once take little longer than one.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // A limit, whatever its size, keeps Jest from running few files in its own process, where a connection that a test left
  // open would keep a red run from ending.
  workerIdleMemoryLimit: '1GB',
  reporters: ['default', '<rootDir>/__tests__/support/reporter.cjs'],
  // A global option: jest ignores it inside projects.
  testTimeout: 20_000,
  collectCoverageFrom: ['lib/**/*.ts'],
  coverageThreshold: { global: { statements: 95 } },
};
