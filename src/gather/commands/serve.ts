import cluster from 'node:cluster';
import type { App } from '../app.ts';
import { assertFits } from '../check.ts';
import { createLog } from '../monitoring/log.ts';
import type { ServerConfig } from '../server-config.ts';
import { assertServable } from './access.ts';
import { toWholeNumber } from './arguments.ts';
import { WAIT, waitUntilReady } from './assert-ready.ts';
import { asOneOfMany, listenToStopSignals, runProcesses } from './cluster.ts';
import { type Command, databaseUrlOf, directUrlOf, secretSettings, serviceSettings, settingsWith } from './command.ts';
import { listenUntilStopped } from './listen.ts';
import { startMonitoring, startReports } from './monitoring.ts';
import { schemasOf, secretsIn, toServerConfig } from './server-config.ts';
import { listenToSignals, untilStopped } from './stopping.ts';

/** The server only, on any number of machines. */
export const serve = (app: App): Command => ({
  summary: 'runs the server only; the database and the services are elsewhere.',
  help: 'Run `migrate` first.',
  options: {
    ...WAIT,
    processes: {
      value: 'N',
      help: 'runs N processes that share the port. One that dies starts again; SIGHUP replaces them one by one, without a failed request',
    },
  },
  settings: {
    DATABASE_URL: 'PostgreSQL, 13 or newer',
    ...settingsWith(serviceSettings(app), 'the services'),
    ...settingsWith(secretSettings(app), 'what the services ask for'),
    'PORT=4000 HOST=127.0.0.1': 'where the server listens',
    FETCH_ALLOWED: 'as for `work`',
  },
  required: ['DATABASE_URL', ...serviceSettings(app)],

  async run(config, { options }) {
    const count = toWholeNumber('--processes', options['processes'], 1);
    const databaseUrl = directUrlOf(config);
    const untilServable = async (stop: AbortSignal): Promise<boolean> => {
      if (options['wait']) await waitUntilReady(app, databaseUrl, config, stop);
      // Of several processes the first one says it.
      const say = (text: string) => cluster.isPrimary && console.log(text);
      return (await assertServable(app, databaseUrl, config, stop, say)) !== 'none';
    };
    const serverConfig = toServerConfig(app, config, databaseUrlOf(config));
    if (cluster.isPrimary && count > 1) {
      return untilStopped(listenToStopSignals(), async (stopping) => {
        await using _reports = await startReports(config);
        await untilServable(stopping.stop);
        await runProcesses(count, serverConfig, createLog(serverConfig, secretsIn(config)), stopping, sayReady);
      });
    }
    await untilStopped(listenToSignals(), async (stopping) => {
      await using _monitoring = await startMonitoring(config);
      const hasEngineTables = await untilServable(stopping.stop);
      await assertFits(app, databaseUrl, { ...schemasOf(config), hasEngineTables }, stopping.stop);
      const run = (shared: ServerConfig, onReady: (url: string) => void) =>
        listenUntilStopped(app, { ...shared, hasEngineTables }, stopping, onReady);
      await (cluster.isPrimary ? run(serverConfig, sayReady) : asOneOfMany(serverConfig, run));
    });
  },
});

function sayReady(url: string): void {
  console.log(`Gather is ready: ${url}/graphql`);
}
