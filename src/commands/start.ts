import { startEmbeddedPostgres } from '../database/embedded.ts';
import { migrate } from '../database/migrate.ts';
import { seed } from '../database/seed.ts';
import { inStep } from '../database/step.ts';
import { startExampleServices } from '../example-services/index.ts';
import { serviceUrls, toAppConfig } from './app-config.ts';
import type { Command } from './command.ts';
import { listenUntilStopped } from './listen.ts';
import { showStep } from './steps.ts';

/** Everything that a first look needs, in one process. */
export const start: Command = {
  summary: 'runs all of it: PostgreSQL, sample data, the example services and the server.',
  help: `Settings, from the environment:
  PORT=4000 HOST=127.0.0.1     where the server listens
  DATA_DIR=.gather             where the embedded PostgreSQL keeps its data
  DATABASE_URL                 use this PostgreSQL (13 or newer); nothing is embedded then
  PROMO_URL RECOMMENDATIONS_URL PRICING_URL INVENTORY_URL SUPPLIERS_URL
                               use this service in place of its example`,

  async run(config, stopping) {
    const { stop } = stopping;
    await using stack = new AsyncDisposableStack();
    console.log('Gather starts:');

    let databaseUrl = config.DATABASE_URL;
    if (databaseUrl === undefined) {
      const postgres = await startEmbeddedPostgres({ dataDir: config.DATA_DIR, onStep: showStep, signal: stop });
      stack.defer(() => postgres.stop());
      databaseUrl = postgres.databaseUrl;
    }
    stop.throwIfAborted();
    await migrate(databaseUrl, showStep);
    stop.throwIfAborted();
    await seed(databaseUrl, { size: 'shop', onStep: showStep });
    stop.throwIfAborted();

    const examples = await inStep(showStep, 'example services', () => startExampleServices());
    stack.defer(() => examples.close());
    const given = Object.entries(serviceUrls(config)).filter(([, url]) => url !== undefined);
    const urls = { ...examples.urls, ...Object.fromEntries(given) };

    await listenUntilStopped(toAppConfig(config, databaseUrl, urls), stopping, (url) => console.log(welcome(url)));
  },
};

function welcome(url: string): string {
  return `
Gather is ready:
  ${url}/graphql   GraphiQL, with queries to try
  ${url}/ready     whether it can serve

A first query:
  curl ${url}/graphql -H 'content-type: application/json' \\
    -d '{"query":"{ home { promo { title } featured(first: 3) { name price } } }"}'

Ctrl-C stops all of it.
`;
}
