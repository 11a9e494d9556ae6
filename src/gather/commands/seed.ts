import type { App, Seed } from '../app.ts';
import { assertReady, WAIT, waitUntilReady } from './assert-ready.ts';
import { type Command, directUrlOf } from './command.ts';
import { showStep } from './steps.ts';

/** Fills an empty database. */
export const seed = (app: App, fill: Seed): Command => ({
  summary: `fills an empty database with the sample data of the ${app.name}.`,
  help: 'Run `migrate` first. A database that has data is left as it is.',
  options: WAIT,
  settings: { DATABASE_URL: 'PostgreSQL, 13 or newer' },
  required: ['DATABASE_URL'],

  async run(config, { options }) {
    const databaseUrl = directUrlOf(config);
    await (options['wait'] ? waitUntilReady : assertReady)(app, databaseUrl, config);
    await fill(databaseUrl, { onStep: showStep });
  },
});
