import type { App } from '../app.ts';
import { assertFits } from './check.ts';
import { type Command, databaseUrlOf, serviceSettings, settingsHelp } from './command.ts';
import { listenUntilStopped } from './listen.ts';
import { toServerConfig } from './server-config.ts';
import { listenToSignals } from './stopping.ts';

/** The server by itself, as it runs on several machines. */
export const serve = (app: App): Command => ({
  summary: 'runs the server only; the database and the services are elsewhere.',
  help: `Run \`migrate\` first. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer${settingsHelp(serviceSettings(app), 'the services')}
  PORT=4000 HOST=127.0.0.1     where the server listens`,
  required: ['DATABASE_URL', ...serviceSettings(app)],

  async run(config) {
    const stopping = listenToSignals();
    assertFits(app, config);
    const serverConfig = toServerConfig(app, config, databaseUrlOf(config));
    await listenUntilStopped(app, serverConfig, stopping, (url) => console.log(`Gather is ready: ${url}/graphql`));
  },
});
