import type { UpstreamName } from '../../smokehouse/services/index.ts';
import { serviceUrls, toAppConfig } from './app-config.ts';
import type { Command } from './command.ts';
import { listenUntilStopped } from './listen.ts';
import { listenToSignals } from './stopping.ts';

/** The server by itself, as it runs on several machines. */
export const serve: Command = {
  summary: 'runs the server only; the database and the services are elsewhere.',
  help: `Run \`migrate\` first. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer
  PROMO_URL RECOMMENDATIONS_URL PRICING_URL INVENTORY_URL SUPPLIERS_URL
                               the services
  PORT=4000 HOST=127.0.0.1     where the server listens`,
  required: ['DATABASE_URL', 'PROMO_URL', 'RECOMMENDATIONS_URL', 'PRICING_URL', 'INVENTORY_URL', 'SUPPLIERS_URL'],

  async run(config) {
    const stopping = listenToSignals();
    const urls = serviceUrls(config) as Record<UpstreamName, string>;
    const appConfig = toAppConfig(config, config.DATABASE_URL as string, urls);
    await listenUntilStopped(appConfig, stopping, (url) => console.log(`Gather is ready: ${url}/graphql`));
  },
};
