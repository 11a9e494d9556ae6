import type { App, Seed } from '../app.ts';
import { type Command, directUrlOf } from './command.ts';
import { assertMigrated } from './find-database.ts';
import { showStep } from './steps.ts';

/** Fills an empty database. */
export const seed = (app: App, fill: Seed): Command => ({
  summary: `fills an empty database with the sample data of the ${app.name}.`,
  help: `Run \`migrate\` first. A database that has data is left as it is. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer`,
  required: ['DATABASE_URL'],

  async run(config) {
    const databaseUrl = directUrlOf(config);
    await assertMigrated(app, databaseUrl, config);
    await fill(databaseUrl, { onStep: showStep });
  },
});
