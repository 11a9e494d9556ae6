import type { App } from '../app.ts';
import { assertFits } from '../check.ts';
import type { Config } from '../config.ts';
import { GatherError } from '../errors.ts';
import { type Command, CommandError, databaseUrlOf, serviceSettings, settingsHelp } from './command.ts';
import { assertMigrated } from './find-database.ts';
import { listenUntilStopped } from './listen.ts';
import { startMonitoring } from './monitoring.ts';
import { schemasOf, toServerConfig } from './server-config.ts';
import { listenToSignals } from './stopping.ts';

/** The server only, on any number of machines. */
export const serve = (app: App): Command => ({
  summary: 'runs the server only; the database and the services are elsewhere.',
  help: `Run \`migrate\` first. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer${settingsHelp(serviceSettings(app), 'the services')}
  PORT=4000 HOST=127.0.0.1     where the server listens`,
  required: ['DATABASE_URL', ...serviceSettings(app)],

  async run(config) {
    const stopping = listenToSignals();
    await using _monitoring = await startMonitoring(config);
    const serverConfig = toServerConfig(app, config, databaseUrlOf(config));
    await assertFitsNow(app, config);
    await listenUntilStopped(app, serverConfig, stopping, (url) => console.log(`Gather is ready: ${url}/graphql`));
  },
});

/**
 * A database that is unavailable or not migrated does not keep the server from starting: `/ready` reports it.
 * @throws AppError if the database is migrated, but lacks columns that the application reads
 */
async function assertFitsNow(app: App, config: Config): Promise<void> {
  const databaseUrl = databaseUrlOf(config);
  try {
    await assertMigrated(app, databaseUrl, config);
    await assertFits(app, databaseUrl, schemasOf(config));
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof GatherError)) throw error;
  }
}
