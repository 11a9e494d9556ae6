import type { App } from '../app.ts';
import { assertFits, assertSound } from '../check.ts';
import type { Command } from './command.ts';
import { DATABASE_SETTINGS, findDatabase } from './find-database.ts';
import { schemasOf } from './server-config.ts';

/** Checks what TypeScript cannot. */
export const check = (app: App): Command => ({
  summary: 'checks that each field has a source, and that the database has the columns that are read.',
  help: 'Every start does this too.',
  settings: DATABASE_SETTINGS,

  async run(config) {
    assertSound(app);
    await assertFits(app, await findDatabase(app, config), schemasOf(config));
    console.log('Each field has a source, and the database has the columns that are read.');
  },
});
