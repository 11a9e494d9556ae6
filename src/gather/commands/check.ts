import type { App } from '../app.ts';
import { assertFits, assertSound } from '../check.ts';
import { assertServable } from './access.ts';
import type { Command } from './command.ts';
import { DATABASE_SETTINGS, findDatabaseUrl } from './find-database.ts';
import { schemasOf } from './server-config.ts';

/** Checks what TypeScript cannot. */
export const check = (app: App): Command => ({
  summary: 'checks that each field has a source, and that the database has the columns that are read.',
  help: 'Every start does this too.',
  settings: DATABASE_SETTINGS,

  async run(config) {
    assertSound(app);
    const databaseUrl = await findDatabaseUrl(config);
    const hasEngineTables = (await assertServable(app, databaseUrl, config)) !== 'none';
    await assertFits(app, databaseUrl, { ...schemasOf(config), hasEngineTables });
    console.log('Each field has a source, and the database has the columns that are read.');
  },
});
