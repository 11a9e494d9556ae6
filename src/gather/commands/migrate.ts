import { migrate as migrateDatabase } from '../database/migrate.ts';
import { installQueues } from '../jobs/install.ts';
import type { Command } from './command.ts';
import { showStep } from './steps.ts';

/** Brings the database up to date. */
export const migrate: Command = {
  summary: 'brings the database and its job queue up to date.',
  help: `Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer`,
  required: ['DATABASE_URL'],

  async run(config) {
    const databaseUrl = config.DATABASE_URL as string;
    await migrateDatabase(databaseUrl, showStep);
    await installQueues(databaseUrl, showStep);
  },
};
