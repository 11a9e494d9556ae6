import type { UpstreamName } from '../../smokehouse/services/index.ts';
import { tasks } from '../../smokehouse/tasks-index.ts';
import { createWorker } from '../worker.ts';
import { serviceUrls, toAppConfig, toWorkerConfig } from './app-config.ts';
import type { Command } from './command.ts';
import { assertMigrated } from './find-database.ts';
import { listenToSignals, whenAborted } from './stopping.ts';

/** A worker by itself; any number of them, on any machines. */
export const work: Command = {
  summary: 'runs a worker only: it does the jobs that servers enqueue.',
  help: `Run \`migrate\` first. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer
  PROMO_URL RECOMMENDATIONS_URL PRICING_URL INVENTORY_URL SUPPLIERS_URL
                               the services
  TIME_ZONE=UTC                the shop's: where its days begin and its schedules are due
  FETCH_ALLOWED                what fetchData may fetch although it is not public: hosts, addresses and blocks of
                               addresses, with commas between them`,
  required: ['DATABASE_URL', 'PROMO_URL', 'RECOMMENDATIONS_URL', 'PRICING_URL', 'INVENTORY_URL', 'SUPPLIERS_URL'],

  async run(config) {
    const { stop, hurry } = listenToSignals();
    const databaseUrl = config.DATABASE_URL as string;
    // A worker sets its schedules when it starts: not in a database that does not fit it.
    await assertMigrated(databaseUrl, config);
    const urls = serviceUrls(config) as Record<UpstreamName, string>;
    const worker = createWorker(toWorkerConfig(config, toAppConfig(config, databaseUrl, urls)));
    try {
      await worker.start();
      console.log(`Gather's worker is ready: ${tasks.map(({ name }) => name).join(', ')}`);
      await whenAborted(stop);
      console.log('\nStopping: jobs under way have 10 seconds. Ctrl-C again to give them back at once.');
    } finally {
      await worker.stop(hurry);
    }
  },
};
