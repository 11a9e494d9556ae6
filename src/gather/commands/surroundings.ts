import type { App, RunningExamples } from '../app.ts';
import type { Config } from '../config.ts';
import type { EngineAccess } from '../database/access.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import type { ServerConfig } from '../server-config.ts';
import { inStep } from '../step.ts';
import { assertServable } from './access.ts';
import { CommandError, type Given, type Option, secretSettings, serviceSettings, settingsWith } from './command.ts';
import { bringUpToDate } from './migrate.ts';
import { putSampleUsers, type SampleAccount } from './sample-users.ts';
import { toServerConfig } from './server-config.ts';
import { showStep } from './steps.ts';
import { withDatabase } from './with-database.ts';

/** What the server and the worker of `start` and `dev` need. */
export interface Surroundings {
  databaseUrl: string;
  isEmbedded: boolean;
  /** What the role of the database may do with the engine's tables. Only if it may write does a worker run. */
  engineAccess: EngineAccess['may'];
  /** URLs of the example services that were started, by name. */
  urls: Readonly<Record<string, string>>;
  /** A URL of an example service that tasks may fetch; in development only. */
  fetchable?: string | undefined;
  /** In development, on the embedded PostgreSQL. */
  users: readonly SampleAccount[];
}

/** The options of commands that start the surroundings. */
export const SURROUNDINGS_OPTIONS: Readonly<Record<'migrate' | 'seed', Option>> = {
  migrate: { help: 'brings the database of DATABASE_URL and its job queue up to date' },
  seed: { help: 'fills an empty database with sample data' },
};

/** Their settings. */
export const surroundingsSettings = (app: App) => ({
  'PORT=4000 HOST=127.0.0.1': 'where the server listens',
  'DATA_DIR=.gather': 'where the embedded PostgreSQL keeps its data',
  DATABASE_URL: 'a PostgreSQL, 13 or newer, to use instead of the embedded one',
  ...settingsWith(serviceSettings(app), 'services to use instead of the examples'),
  ...settingsWith(secretSettings(app), 'what the services ask for'),
});

/**
 * Starts the embedded PostgreSQL, unless DATABASE_URL is set, and an example of each service that has no URL; migrates and
 * fills the database if it is embedded or the options say so. Disposing of `stack` stops all of it.
 * @throws CommandError if the database is not migrated; the reason of `signal`
 */
export async function startSurroundings(
  app: App,
  config: Config,
  options: Given['options'],
  signal: AbortSignal,
  stack: AsyncDisposableStack,
): Promise<Surroundings> {
  const isDevelopment = config.NODE_ENV === 'development';
  // Gather changes a database that it did not create only when asked; the embedded one is its own.
  const isEmbedded = config.DATABASE_URL === undefined;
  const databaseUrl = config.DATABASE_URL ?? (await startPostgres(config.DATA_DIR, signal, stack));
  const changes = isEmbedded || options['migrate'];
  if (changes) await bringUpToDate(app, databaseUrl, config, signal);
  const engineAccess = await assertServable(app, databaseUrl, config, signal, console.log);
  if (isEmbedded || options['seed']) await app.seed?.(databaseUrl, { onStep: showStep, signal });

  const users =
    isEmbedded && isDevelopment
      ? await withDatabase(
          app,
          { databaseUrl, config },
          (database) => putSampleUsers(database, app.sampleUsers),
          signal,
        )
      : [];

  const { urls, fetchable } = await startMissingServices(app, config, stack);
  signal.throwIfAborted();
  return { databaseUrl, isEmbedded, engineAccess, urls, fetchable: isDevelopment ? fetchable : undefined, users };
}

/** The configuration of a server and a worker in these surroundings. */
export function configIn(
  { databaseUrl, engineAccess, urls, fetchable }: Surroundings,
  app: App,
  config: Config,
): ServerConfig {
  const server = toServerConfig(app, config, databaseUrl, urls);
  const fetchAllowed = fetchable === undefined ? [] : [new URL(fetchable).host];
  const hasEngineTables = engineAccess !== 'none';
  return { ...server, hasEngineTables, fetchAllowed: [...server.fetchAllowed, ...fetchAllowed] };
}

/** Starts an example of each service that has no URL. */
async function startMissingServices(
  { startExamples }: App,
  { services }: Config,
  stack: AsyncDisposableStack,
): Promise<Omit<RunningExamples, 'close'>> {
  if (!startExamples) return { urls: {} };
  const all = Object.entries(services);
  const names = all.filter(([, { url }]) => url === undefined).map(([name]) => name);
  const examples = await inStep(showStep, 'example services', async (report) => {
    report(names.join(', ') || 'none: all URLs are set');
    return startExamples({ names });
  });
  stack.defer(() => examples.close());
  return examples;
}

/** @returns its URL */
async function startPostgres(dataDir: string, signal: AbortSignal, stack: AsyncDisposableStack): Promise<string> {
  try {
    const postgres = await startEmbeddedPostgres({ dataDir, onStep: showStep, signal });
    stack.defer(() => postgres.stop());
    return postgres.databaseUrl;
  } catch (error) {
    signal.throwIfAborted();
    throw new CommandError((error as Error).message, { cause: error });
  }
}
