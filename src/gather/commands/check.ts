import type { App } from '../app.ts';
import { assertFits, assertSound } from '../check.ts';
import type { Command } from './command.ts';
import { findDatabase } from './find-database.ts';
import { schemasOf } from './server-config.ts';

/** Looks for what TypeScript cannot see. */
export const check = (app: App): Command => ({
  summary: 'says whether each field has a source, and the database what the application reads.',
  help: `Every start does so too. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer
  DATA_DIR=.gather             or the directory of a Gather that runs, with its embedded PostgreSQL`,

  async run(config) {
    assertSound(app);
    await assertFits(app, await findDatabase(app, config), schemasOf(config));
    console.log('Each field has a source, and the database what is read.');
  },
});
