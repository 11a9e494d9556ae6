import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { migrate as migrateDatabase } from '../database/migrate.ts';
import { installQueues } from '../jobs/install.ts';
import { type Command, directUrlOf } from './command.ts';
import { schemasOf } from './server-config.ts';
import { showStep } from './steps.ts';

/** Migrates the database. */
export const migrate = (app: App): Command => ({
  summary: 'brings the database and its job queue up to date.',
  help: `Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer
  GATHER_SCHEMA=gather         the schema of Gather's own tables
  GATHER_JOBS_SCHEMA=gather_jobs
                               the schema of the job queue`,
  required: ['DATABASE_URL'],
  run: (config) => bringUpToDate(app, directUrlOf(config), config),
});

/** Runs missing migrations, and installs the job queue. @param signal closes the connections */
export async function bringUpToDate(
  app: App,
  databaseUrl: string,
  config: Config,
  signal?: AbortSignal,
): Promise<void> {
  const source = { ...app, ...schemasOf(config) };
  await migrateDatabase(databaseUrl, source, showStep, signal);
  await installQueues(databaseUrl, source, showStep, signal);
}
