import type { App } from '../app.ts';
import { assertFits } from '../check.ts';
import { assertReady, WAIT, waitUntilReady } from './assert-ready.ts';
import { type Command, databaseUrlOf, serviceSettings, settingsWith } from './command.ts';
import { listenUntilStopped } from './listen.ts';
import { schemasOf, toServerConfig } from './server-config.ts';
import { listenToSignals, untilStopped } from './stopping.ts';

/** The server only, on any number of machines. */
export const serve = (app: App): Command => ({
  summary: 'runs the server only; the database and the services are elsewhere.',
  help: 'Run `migrate` first.',
  options: WAIT,
  settings: {
    DATABASE_URL: 'PostgreSQL, 13 or newer',
    ...settingsWith(serviceSettings(app), 'the services'),
    'PORT=4000 HOST=127.0.0.1': 'where the server listens',
    FETCH_ALLOWED: 'as for `work`',
  },
  required: ['DATABASE_URL', ...serviceSettings(app)],

  run: (config, { options }) =>
    untilStopped(listenToSignals(), async (stopping) => {
      const databaseUrl = databaseUrlOf(config);
      const serverConfig = toServerConfig(app, config, databaseUrl);
      await (options['wait'] ? waitUntilReady : assertReady)(app, databaseUrl, config, stopping.stop);
      await assertFits(app, databaseUrl, schemasOf(config), stopping.stop);
      await listenUntilStopped(app, serverConfig, stopping, (url) => console.log(`Gather is ready: ${url}/graphql`));
    }),
});
