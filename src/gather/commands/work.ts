import type { App } from '../app.ts';
import { createWorker } from '../worker.ts';
import { assertWritable } from './access.ts';
import { toWholeNumber } from './arguments.ts';
import { assertReady, WAIT, waitUntilReady } from './assert-ready.ts';
import {
  type Command,
  databaseUrlOf,
  directUrlOf,
  type Given,
  MisuseError,
  secretSettings,
  serviceSettings,
  settingsWith,
} from './command.ts';
import { portSetting, toListenError } from './listen.ts';
import { startMonitoring } from './monitoring.ts';
import { toServerConfig } from './server-config.ts';
import { listenToSignals, untilStopped, whenAborted } from './stopping.ts';

/** A worker only, on any number of machines. */
export const work = (app: App): Command => ({
  summary: 'runs a worker only, for the jobs that servers enqueue.',
  help: 'Run `migrate` first.',
  options: {
    ...WAIT,
    only: { value: 'TASK…', help: 'runs the jobs of these tasks only; other workers must run the rest' },
    concurrency: { value: 'N', help: "runs N jobs of each task at a time, in place of the task's own number" },
  },
  settings: {
    DATABASE_URL: 'PostgreSQL, 13 or newer',
    ...settingsWith(serviceSettings(app), 'the services'),
    ...settingsWith(secretSettings(app), 'what the services ask for'),
    'TIME_ZONE=UTC': 'where days begin and schedules are due',
    FETCH_ALLOWED: `hosts, addresses and CIDR blocks that tasks may fetch although they are not public,
separated by commas`,
  },
  required: ['DATABASE_URL', ...serviceSettings(app)],

  async run(config, given) {
    const tasks = chooseTasks(app, given);
    await untilStopped(listenToSignals(), async ({ stop, force }) => {
      await using _monitoring = await startMonitoring(config);
      // Before the worker starts and writes its schedules.
      await (given.options['wait'] ? waitUntilReady : assertReady)(app, directUrlOf(config), config, stop);
      await assertWritable(directUrlOf(config), config, stop);
      const workerConfig = toServerConfig(app, config, databaseUrlOf(config));
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
    });
  },
});

/** The tasks that the options choose: those after `--only`. @throws MisuseError */
function chooseTasks({ tasks }: App, { options, lists }: Given): App['tasks'] {
  const only = lists?.['only'];
  const names = tasks.map(({ name }) => name);
  const unknown = (only ?? []).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new MisuseError(`Expected tasks of ${names.join(', ')} after --only, got ${unknown.join(', ')}.`);
  }
  return tasks
    .filter(({ name }) => !only || only.includes(name))
    .map((task) => ({
      ...task,
      concurrency: toWholeNumber('--concurrency', options['concurrency'], task.concurrency),
    }));
}
