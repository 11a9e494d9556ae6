import { startExampleServices } from '../../smokehouse/example-services/index.ts';
import { putSampleUsers, type SampleUser } from '../../smokehouse/sample-users.ts';
import { seed } from '../../smokehouse/seed/seed.ts';
import type { UpstreamName } from '../../smokehouse/services/index.ts';
import type { Config } from '../config.ts';
import { migrate } from '../database/migrate.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { installQueues } from '../jobs/install.ts';
import { inStep } from '../step.ts';
import { createWorker, type WorkerConfig } from '../worker.ts';
import { serviceUrls, toAppConfig, toWorkerConfig } from './app-config.ts';
import { assertInstalled } from './assert-installed.ts';
import { type Command, CommandError } from './command.ts';
import { listenUntilStopped } from './listen.ts';
import { showStep } from './steps.ts';
import { listenToSignals, type Stopping } from './stopping.ts';
import { withDatabase } from './with-database.ts';

/** Everything that a first look needs, in one process. */
export const start: Command = {
  summary: 'runs all of it: PostgreSQL, sample data, the example services, a worker and the server.',
  help: `It sets up a PostgreSQL of its own, with sample data and, in development, accounts to try. In one that
DATABASE_URL names it changes nothing unless it is asked to:
  --migrate                    brings the database and its job queue up to date
  --seed                       fills an empty shop with sample data

Settings, from the environment:
  PORT=4000 HOST=127.0.0.1     where the server listens
  DATA_DIR=.gather             where the embedded PostgreSQL keeps its data
  DATABASE_URL                 use this PostgreSQL (13 or newer); nothing is embedded then
  PROMO_URL RECOMMENDATIONS_URL PRICING_URL INVENTORY_URL SUPPLIERS_URL
                               use this service in place of its example`,

  flags: ['migrate', 'seed'],

  async run(config, flags) {
    const stopping = listenToSignals();
    try {
      await runAll(config, flags, stopping);
    } catch (error) {
      if (error !== stopping.stop.reason) throw error;
    }
  },
};

/** @throws the reason of `stop` where it aborts before the server listens */
async function runAll(config: Config, flags: readonly string[], stopping: Stopping): Promise<void> {
  const signal = stopping.stop;
  await using stack = new AsyncDisposableStack();
  console.log('Gather starts:');

  // What somebody else's database has in it is theirs to say; the embedded one is there for this alone.
  const isEmbedded = config.DATABASE_URL === undefined;
  const databaseUrl = config.DATABASE_URL ?? (await startPostgres(config.DATA_DIR, signal, stack));
  if (isEmbedded || flags.includes('migrate')) {
    await migrate(databaseUrl, showStep, signal);
    await installQueues(databaseUrl, showStep, signal);
  } else {
    await assertInstalled(databaseUrl, signal);
  }
  if (isEmbedded || flags.includes('seed')) await seed(databaseUrl, { size: 'shop', onStep: showStep, signal });

  const hasAccountsToTry = isEmbedded && config.NODE_ENV === 'development';
  const users = hasAccountsToTry ? await withDatabase(databaseUrl, putSampleUsers, signal) : [];

  const urls = await startMissingServices(serviceUrls(config), stack);

  signal.throwIfAborted();
  const appConfig = toAppConfig(config, databaseUrl, urls);
  await startWorker(toWorkerConfig(config, appConfig), stopping, stack);
  await listenUntilStopped(appConfig, stopping, (url) => console.log(welcome(url, users)));
}

/** Its jobs have the time to finish in which the server's requests have theirs. */
async function startWorker(
  config: WorkerConfig,
  { stop, hurry }: Stopping,
  stack: AsyncDisposableStack,
): Promise<void> {
  const worker = createWorker(config);
  stack.defer(() => worker.stop(hurry));
  await inStep(showStep, 'worker', () => worker.start());
  stop.addEventListener('abort', () => void worker.stop(hurry).catch(() => {}), { once: true });
}

/** Starts an example of each service that has no URL. @returns the URLs of all */
async function startMissingServices(
  given: Record<UpstreamName, string | undefined>,
  stack: AsyncDisposableStack,
): Promise<Record<UpstreamName, string>> {
  const all = Object.entries(given) as [UpstreamName, string | undefined][];
  const names = all.filter(([, url]) => url === undefined).map(([name]) => name);
  const examples = await inStep(showStep, 'example services', async (report) => {
    report(names.join(', ') || 'none, as the URLs of all are set');
    return startExampleServices({ names });
  });
  stack.defer(() => examples.close());
  return { ...given, ...examples.urls } as Record<UpstreamName, string>;
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

function welcome(url: string, users: readonly SampleUser[]): string {
  return `
Gather is ready:
  ${url}/graphql   GraphiQL, with queries to try
  ${url}/ready     whether it can serve

A first query:
  curl ${url}/graphql -H 'content-type: application/json' \\
    -d '{"query":"{ home { promo { title } featured(first: 3) { name price } } }"}'

${toAccounts(users)}Ctrl-C stops all of it.
`;
}

function toAccounts(users: readonly SampleUser[]): string {
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
