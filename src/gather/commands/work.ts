import type { App } from '../app.ts';
import { createWorker } from '../worker.ts';
import { assertReady, WAIT, waitUntilReady } from './assert-ready.ts';
import { type Command, databaseUrlOf, serviceSettings, settingsWith } from './command.ts';
import { toServerConfig } from './server-config.ts';
import { listenToSignals, untilStopped, whenAborted } from './stopping.ts';

/** A worker only, on any number of machines. */
export const work = (app: App): Command => ({
  summary: 'runs a worker only, for the jobs that servers enqueue.',
  help: 'Run `migrate` first.',
  options: WAIT,
  settings: {
    DATABASE_URL: 'PostgreSQL, 13 or newer',
    ...settingsWith(serviceSettings(app), 'the services'),
    'TIME_ZONE=UTC': 'where days begin and schedules are due',
    FETCH_ALLOWED: `hosts, addresses and CIDR blocks that tasks may fetch although they are not public,
separated by commas`,
  },
  required: ['DATABASE_URL', ...serviceSettings(app)],

  run: (config, { options }) =>
    untilStopped(listenToSignals(), async ({ stop, force }) => {
      const databaseUrl = databaseUrlOf(config);
      // Before the worker starts and writes its schedules.
      await (options['wait'] ? waitUntilReady : assertReady)(app, databaseUrl, config, stop);
      const worker = createWorker(app, toServerConfig(app, config, databaseUrl));
      try {
        await worker.start();
        console.log(`Gather's worker is ready: ${app.tasks.map(({ name }) => name).join(', ')}`);
        await whenAborted(stop);
        console.log('\nStopping: jobs under way have 10 seconds. Ctrl-C again to give them back at once.');
      } finally {
        await worker.stop(force);
      }
    }),
});
