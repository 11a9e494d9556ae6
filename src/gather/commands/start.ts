import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { inStep } from '../step.ts';
import { createWorker, type WorkerConfig } from '../worker.ts';
import { assertInstalled } from './assert-installed.ts';
import { type Command, CommandError, serviceSettings, settingsHelp } from './command.ts';
import { listenUntilStopped } from './listen.ts';
import { bringUpToDate } from './migrate.ts';
import { startMonitoring } from './monitoring.ts';
import { putSampleUsers, type SampleAccount } from './sample-users.ts';
import { toServerConfig, toWorkerConfig } from './server-config.ts';
import { showStep } from './steps.ts';
import { listenToSignals, type Stopping } from './stopping.ts';
import { withDatabase } from './with-database.ts';

/** Everything for a first look, in one process. */
export const start = (app: App): Command => ({
  summary: 'runs everything: PostgreSQL, sample data, the example services, a worker and the server.',
  help: `Sets up an embedded PostgreSQL with sample data and, in development, sample accounts. Changes nothing in the
database of DATABASE_URL, unless told to:
  --migrate                    brings the database and its job queue up to date
  --seed                       fills an empty database with sample data

Settings, from the environment:
  PORT=4000 HOST=127.0.0.1     where the server listens
  DATA_DIR=.gather             where the embedded PostgreSQL keeps its data
  DATABASE_URL                 a PostgreSQL, 13 or newer, to use instead of the embedded one${settingsHelp(serviceSettings(app), 'services to use instead of the examples')}`,

  flags: ['migrate', 'seed'],

  async run(config, flags) {
    const stopping = listenToSignals();
    try {
      await runAll(app, config, flags, stopping);
    } catch (error) {
      if (error !== stopping.stop.reason) throw error;
    }
  },
});

/** @throws the reason of `stop`, if that aborts before the server listens */
async function runAll(app: App, config: Config, flags: readonly string[], stopping: Stopping): Promise<void> {
  const signal = stopping.stop;
  await using stack = new AsyncDisposableStack();
  stack.use(await startMonitoring(config));
  console.log('Gather starts:');

  // Gather changes a database that it did not create only when asked; the embedded one is its own.
  const isEmbedded = config.DATABASE_URL === undefined;
  const databaseUrl = config.DATABASE_URL ?? (await startPostgres(config.DATA_DIR, signal, stack));
  if (isEmbedded || flags.includes('migrate')) {
    await bringUpToDate(app, databaseUrl, config, signal);
  } else {
    await assertInstalled(app, databaseUrl, config, signal);
  }
  if (isEmbedded || flags.includes('seed')) await app.seed?.(databaseUrl, { onStep: showStep, signal });

  const hasAccountsToTry = isEmbedded && config.NODE_ENV === 'development';
  const users = hasAccountsToTry
    ? await withDatabase(app, { databaseUrl, config }, (database) => putSampleUsers(database, app.sampleUsers), signal)
    : [];

  const urls = await startMissingServices(app, config, stack);

  signal.throwIfAborted();
  const serverConfig = toServerConfig(app, config, databaseUrl, urls);
  // One process, one set of metrics: the server's.
  await startWorker(app, { ...toWorkerConfig(config, serverConfig), metrics: undefined }, stopping, stack);
  await listenUntilStopped(app, serverConfig, stopping, (url) => console.log(welcome(app, url, users)));
}

/** Stops together with the server, so that jobs and requests finish in the same time. */
async function startWorker(
  app: App,
  config: WorkerConfig,
  { stop, force }: Stopping,
  stack: AsyncDisposableStack,
): Promise<void> {
  const worker = createWorker(app, config);
  stack.defer(() => worker.stop(force));
  await inStep(showStep, 'worker', () => worker.start());
  stop.addEventListener('abort', () => void worker.stop(force).catch(() => {}), { once: true });
}

/** Starts an example of each service that has no URL. @returns their URLs */
async function startMissingServices(
  { startExamples }: App,
  { services }: Config,
  stack: AsyncDisposableStack,
): Promise<Readonly<Record<string, string>>> {
  if (!startExamples) return {};
  const all = Object.entries(services);
  const names = all.filter(([, { url }]) => url === undefined).map(([name]) => name);
  const examples = await inStep(showStep, 'example services', async (report) => {
    report(names.join(', ') || 'none: all URLs are set');
    return startExamples({ names });
  });
  stack.defer(() => examples.close());
  return examples.urls;
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

function welcome({ firstQuery }: App, url: string, users: readonly SampleAccount[]): string {
  return `
Gather is ready:
  ${url}/graphql   GraphiQL, with queries to try
  ${url}/ready     whether it can serve

${toFirstQuery(url, firstQuery)}${toAccounts(users)}Ctrl-C stops everything.
`;
}

function toFirstQuery(url: string, query: string | undefined): string {
  if (query === undefined) return '';
  return `A first query:
  curl ${url}/graphql -H 'content-type: application/json' \\
    -d '${JSON.stringify({ query })}'

`;
}

function toAccounts(users: readonly SampleAccount[]): string {
  const [user] = users;
  if (!user) return '';
  const lines = users.map(({ email, role, password }) => `  ${email.padEnd(30)} ${password}   ${role}`);
  return `Accounts to try, with new passwords at each start:
${lines.join('\n')}

To sign in. GraphiQL keeps the cookie; other clients send the token, as \`Authorization: Bearer …\`:
  mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { message } } }
  with the variables {"input":{"email":"${user.email}","password":"${user.password}"}}

`;
}
