import { defineConfig } from 'vitest/config';

const common = {
  globalSetup: 'test/postgres-global-setup.ts',
  pool: 'forks',
  setupFiles: 'test/setup.ts',
  // Bounds of what is going to fail, far above what a busy machine needs for what is not.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 15_000, interval: 10 } },
} as const;

/**
 * Files share the modules of their process, which take longer to load than most files take to run. Many wait for real
 * deadlines, and leave the processors to others meanwhile.
 */
const TOGETHER = { isolate: false, maxWorkers: 3 } as const;

/** What starts whole programs, several in a test: seconds each. */
const PROGRAMS = ['test/programs/**/*.test.ts', 'test/gather/embedded-postgres/embedded.test.ts'];
/** What measures how long others wait: it runs when nothing else does. */
const ALONE = ['test/attacks/**/*.test.ts', 'test/smokehouse/resolvers/burn.test.ts'];

/** What stands on an application of its own. */
const ENGINE = ['test/gather/**/*.test.ts'];

/** `npm test` runs the projects `engine` and `together`, `npm run test:all` every project. */
export default defineConfig({
  test: {
    experimental: { viteModuleRunner: false },
    projects: [
      {
        test: {
          ...common,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...PROGRAMS, ...ALONE, ...ENGINE],
          ...TOGETHER,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: 'engine',
          env: { TEST_FIXTURE: 'test/gather/fixture.ts' },
          include: ENGINE,
          exclude: PROGRAMS,
          ...TOGETHER,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...common, name: 'programs', include: PROGRAMS, maxWorkers: 3, sequence: { groupOrder: 2 } } },
      { test: { ...common, name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 3 } } },
    ],
  },
});
