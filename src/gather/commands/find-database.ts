import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { findRunning } from '../embedded-postgres/running.ts';
import { assertReady } from './assert-ready.ts';
import { CommandError } from './command.ts';

/** The settings of commands that use `findDatabase`. */
export const DATABASE_SETTINGS = {
  DATABASE_URL: 'PostgreSQL, 13 or newer; by default the one that `start` or `dev` runs in DATA_DIR',
  'DATA_DIR=.gather': 'where they keep their data',
};

/**
 * Finds the database of DATABASE_URL, or of the Gather that runs in DATA_DIR, and checks that it is migrated.
 * @throws CommandError if there is none or it is not migrated, GatherError if it cannot be reached
 */
export async function findDatabase(app: App, config: Config): Promise<string> {
  const databaseUrl = await findDatabaseUrl(config);
  await assertReady(app, databaseUrl, config);
  return databaseUrl;
}

/** The URL of that database, unchecked. @throws CommandError if there is none */
export async function findDatabaseUrl({ DATABASE_URL, DATABASE_DIRECT_URL, DATA_DIR }: Config): Promise<string> {
  const found = DATABASE_DIRECT_URL ?? DATABASE_URL ?? (await findRunning(DATA_DIR));
  if (found) return found;
  throw new CommandError(`No Gather runs in ${DATA_DIR}: run \`npm start\` first, or set DATABASE_URL or DATA_DIR.`);
}
