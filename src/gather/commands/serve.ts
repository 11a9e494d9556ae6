import cluster from 'node:cluster';
import type { App } from '../app.ts';
import { assertFits } from '../check.ts';
import type { Config } from '../config.ts';
import { GatherError } from '../errors.ts';
import { createLog } from '../monitoring/log.ts';
import { asOneOfMany, runProcesses } from './cluster.ts';
import { type Command, CommandError, databaseUrlOf, MisuseError, serviceSettings, settingsHelp } from './command.ts';
import { assertMigrated } from './find-database.ts';
import { listenUntilStopped } from './listen.ts';
import { parseOptions, toWholeNumber } from './options.ts';
import { schemasOf, secretsIn, toServerConfig } from './server-config.ts';
import { listenToSignals } from './stopping.ts';

/** The server only, on any number of machines. */
export const serve = (app: App): Command => ({
  summary: 'runs the server only; the database and the services are elsewhere.',
  help: `Run \`migrate\` first. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer${settingsHelp(serviceSettings(app), 'the services')}
  PORT=4000 HOST=127.0.0.1     where the server listens

  --processes N                runs N processes that share the port. One that dies starts again; SIGHUP replaces them
                               one by one, without a failed request`,
  required: ['DATABASE_URL', ...serviceSettings(app)],
  takesArguments: true,

  async run(config, args) {
    const processes = parse(args);
    const serverConfig = toServerConfig(app, config, databaseUrlOf(config));
    if (cluster.isPrimary && processes > 1) {
      return runProcesses(processes, serverConfig, createLog(serverConfig, secretsIn(config)), sayReady);
    }
    const stopping = listenToSignals();
    await assertFitsNow(app, config);
    if (cluster.isPrimary) return listenUntilStopped(app, serverConfig, stopping, sayReady);
    await asOneOfMany(serverConfig, (shared, onReady) => listenUntilStopped(app, shared, stopping, onReady));
  },
});

function sayReady(url: string): void {
  console.log(`Gather is ready: ${url}/graphql`);
}

/** @throws MisuseError */
function parse(args: readonly string[]): number {
  const { values, positionals } = parseOptions(args, { processes: { type: 'string' } });
  if (positionals.length > 0) throw new MisuseError(`Expected options only, got "${positionals.join(' ')}".`);
  return toWholeNumber('--processes', values.processes, 1);
}

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
