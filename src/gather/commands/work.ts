import type { App } from '../app.ts';
import { createWorker } from '../worker.ts';
import { type Command, databaseUrlOf, serviceSettings, settingsHelp } from './command.ts';
import { assertMigrated } from './find-database.ts';
import { portSetting, toListenError } from './listen.ts';
import { startMonitoring } from './monitoring.ts';
import { toServerConfig, toWorkerConfig } from './server-config.ts';
import { listenToSignals, whenAborted } from './stopping.ts';

/** A worker only, on any number of machines. */
export const work = (app: App): Command => ({
  summary: 'runs a worker only, for the jobs that servers enqueue.',
  help: `Run \`migrate\` first. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer${settingsHelp(serviceSettings(app), 'the services')}
  TIME_ZONE=UTC                where days begin and schedules are due
  FETCH_ALLOWED                hosts, addresses and CIDR blocks that tasks may fetch although they are not public,
                               separated by commas`,
  required: ['DATABASE_URL', ...serviceSettings(app)],

  async run(config) {
    const { stop, force } = listenToSignals();
    await using _monitoring = await startMonitoring(config);
    const databaseUrl = databaseUrlOf(config);
    // Before the worker starts and writes its schedules.
    await assertMigrated(app, databaseUrl, config);
    const workerConfig = toWorkerConfig(config, toServerConfig(app, config, databaseUrl));
    const worker = createWorker(app, workerConfig);
    try {
      const { metricsUrl } = await worker.start().catch((error) => {
        throw toListenError(error, config.HOST, portSetting(error, workerConfig));
      });
      if (metricsUrl !== undefined) console.log(`Metrics: ${metricsUrl}`);
      console.log(`Gather's worker is ready: ${app.tasks.map(({ name }) => name).join(', ')}`);
      await whenAborted(stop);
      console.log('\nStopping: jobs under way have 10 seconds. Ctrl-C again to give them back at once.');
    } finally {
      await worker.stop(force);
    }
  },
});
