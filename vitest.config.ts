import { defineConfig } from 'vitest/config';

const common = {
  globalSetup: 'test/helpers/postgres-global-setup.ts',
  pool: 'forks',
  testTimeout: 20_000,
  hookTimeout: 20_000,
} as const;

/** What measures how long others wait: it runs when nothing else does. */
const ALONE = ['test/attacks/**/*.test.ts', 'test/resolvers/burn.test.ts'];

export default defineConfig({
  test: {
    experimental: { viteModuleRunner: false },
    projects: [
      {
        test: {
          ...common,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: ALONE,
          // Many wait for real deadlines, and leave the processors to others meanwhile.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { ...common, name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
  },
});
