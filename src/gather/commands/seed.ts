import type { App, Seed } from '../app.ts';
import { assertReady, WAIT, waitUntilReady } from './assert-ready.ts';
import { type Command, databaseUrlOf } from './command.ts';
import { showStep } from './steps.ts';
import { listenToSignals, untilStopped } from './stopping.ts';

/** Fills an empty database. */
export const seed = (app: App, fill: Seed): Command => ({
  summary: `fills an empty database with the sample data of the ${app.name}.`,
  help: 'Run `migrate` first. A database that has data is left as it is.',
  options: WAIT,
  settings: { DATABASE_URL: 'PostgreSQL, 13 or newer' },
  required: ['DATABASE_URL'],

  run: (config, { options }) =>
    untilStopped(listenToSignals(), async ({ stop }) => {
      const databaseUrl = databaseUrlOf(config);
      await (options['wait'] ? waitUntilReady : assertReady)(app, databaseUrl, config, stop);
      await fill(databaseUrl, { onStep: showStep, signal: stop });
    }),
});
