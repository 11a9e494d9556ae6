import type { App } from '../app.ts';
import { createWorker } from '../worker.ts';
import { type Command, databaseUrlOf, MisuseError, serviceSettings, settingsHelp } from './command.ts';
import { assertMigrated } from './find-database.ts';
import { portSetting, toListenError } from './listen.ts';
import { startMonitoring } from './monitoring.ts';
import { parseOptions, toWholeNumber } from './options.ts';
import { toServerConfig, toWorkerConfig } from './server-config.ts';
import { listenToSignals, whenAborted } from './stopping.ts';

/** A worker only, on any number of machines. */
export const work = (app: App): Command => ({
  summary: 'runs a worker only, for the jobs that servers enqueue.',
  help: `Run \`migrate\` first. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer${settingsHelp(serviceSettings(app), 'the services')}
  TIME_ZONE=UTC                where days begin and schedules are due
  FETCH_ALLOWED                hosts, addresses and CIDR blocks that tasks may fetch although they are not public,
                               separated by commas

  --only TASK …                runs the jobs of these tasks only; other workers must run the rest
  --concurrency N              runs N jobs of each task at a time, in place of the task's own number`,
  required: ['DATABASE_URL', ...serviceSettings(app)],
  takesArguments: true,

  async run(config, args) {
    const tasks = chooseTasks(app, args);
    const { stop, force } = listenToSignals();
    await using _monitoring = await startMonitoring(config);
    const databaseUrl = databaseUrlOf(config);
    // Before the worker starts and writes its schedules.
    await assertMigrated(app, databaseUrl, config);
    const workerConfig = toWorkerConfig(config, toServerConfig(app, config, databaseUrl));
    const worker = createWorker({ ...app, tasks }, workerConfig);
    try {
      const { metricsUrl } = await worker.start().catch((error) => {
        throw toListenError(error, config.HOST, portSetting(error, workerConfig));
      });
      if (metricsUrl !== undefined) console.log(`Metrics: ${metricsUrl}`);
      console.log(`Gather's worker is ready: ${tasks.map(({ name }) => name).join(', ')}`);
      await whenAborted(stop);
      console.log('\nStopping: jobs under way have 10 seconds. Ctrl-C again to give them back at once.');
    } finally {
      await worker.stop(force);
    }
  },
});

/** The tasks that the options choose. @throws MisuseError */
function chooseTasks({ tasks }: App, args: readonly string[]): App['tasks'] {
  const { values, positionals } = parseOptions(args, {
    only: { type: 'string', multiple: true },
    concurrency: { type: 'string' },
  });
  if (!values.only && positionals.length > 0)
    throw new MisuseError(`Expected options, got "${positionals.join(' ')}".`);
  const only = values.only && new Set([...values.only, ...positionals]);
  const names = tasks.map(({ name }) => name);
  const unknown = [...(only ?? [])].filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new MisuseError(`Expected tasks of ${names.join(', ')} after --only, got ${unknown.join(', ')}.`);
  }
  return tasks
    .filter(({ name }) => !only || only.has(name))
    .map((task) => ({ ...task, concurrency: toWholeNumber('--concurrency', values.concurrency, task.concurrency) }));
}
