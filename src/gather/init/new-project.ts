import { mkdir } from 'node:fs/promises';
import { inStep, type OnStep } from '../step.ts';
import { appFiles } from './app-files.ts';
import { assertEmpty } from './assert-empty.ts';
import { type ProjectOptions, projectFiles } from './project-files.ts';
import { printSdl } from './sdl.ts';
import { testFiles } from './test-files.ts';
import { writeFiles } from './write-files.ts';

const NOTHING = { types: [], enums: [], services: [], leftOut: [] };

/**
 * Writes an application without tables, which will have its own.
 * @throws InitError if the directory is not empty
 */
export async function writeNewProject(directory: string, options: ProjectOptions, onStep: OnStep): Promise<void> {
  await mkdir(directory, { recursive: true });
  await assertEmpty(directory);
  const files = {
    ...projectFiles(options, NOTHING, 'migrations'),
    'schema.graphql': printSdl(NOTHING),
    ...appFiles(options.name, NOTHING, 'migrations'),
    'src/migrations/index.ts': MIGRATIONS,
    ...testFiles(NOTHING, 'migrations'),
    'test/viewer.test.ts': TEST,
  };
  await inStep(onStep, 'files', async (report) => {
    const { added } = await writeFiles(directory, {}, files);
    report(`${added.length} new`);
  });
}

const MIGRATIONS = `import type { AppMigration } from 'gather';

/** The migrations by name. Each runs once, in the order of their names. */
export const migrations: Readonly<Record<string, AppMigration>> = {
};
`;

const TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedIn } from 'gather/testing';
import { app } from './app.ts';

test('the viewer knows who they are, without a statement', async () => {
  const { data, errors } = await app.query('{ viewer { role } }', {}, { viewer: signedIn('MEMBER') });
  assert.deepEqual(errors, undefined);
  assert.deepEqual(data, { viewer: { role: 'MEMBER' } });
  assert.deepEqual(app.cost(), { statements: 0, calls: 0 });
});
`;
