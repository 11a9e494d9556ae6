import { migrate as migrateDatabase } from '../database/migrate.ts';
import type { Command } from './command.ts';
import { showStep } from './steps.ts';

/** Brings the database up to date. */
export const migrate: Command = {
  summary: 'brings the database up to the latest migration.',
  help: `Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer`,
  required: ['DATABASE_URL'],
  run: (config) => migrateDatabase(config.DATABASE_URL as string, showStep),
};
