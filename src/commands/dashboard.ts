import { isLoopback } from '../dashboard/loopback.ts';
import { createDashboard } from '../dashboard.ts';
import { type Command, CommandError } from './command.ts';
import { findDatabase } from './find-database.ts';
import { toListenError } from './listen.ts';
import { listenToSignals, whenAborted } from './stopping.ts';

/** The pages of the job queue. */
export const dashboard: Command = {
  summary: 'shows the job queue in a browser.',
  help: `It only shows: jobs are cancelled and retried by way of the API. Settings, from the environment:
  DATABASE_URL                 PostgreSQL, 13 or newer; without it, the one that \`start\` runs in DATA_DIR
  DATA_DIR=.gather             where that one keeps its data
  DASHBOARD_PORT=4001 DASHBOARD_HOST=127.0.0.1
                               where it listens
  DASHBOARD_PASSWORD           what a browser is asked for, with any user name; 12 characters or more. It is needed
                               wherever other machines can reach the dashboard`,

  async run(config) {
    const { stop } = listenToSignals();
    const { DASHBOARD_HOST: host, DASHBOARD_PORT: port, DASHBOARD_PASSWORD: password } = config;
    if (password === undefined && !isLoopback(host)) {
      throw new CommandError(
        `DASHBOARD_HOST is ${host}, where others may reach the dashboard. ` +
          'Set DASHBOARD_PASSWORD to at least 12 characters, or DASHBOARD_HOST to 127.0.0.1.',
      );
    }
    const databaseUrl = await findDatabase(config);
    const dashboard = await createDashboard({ host, port, databaseUrl, password });
    const { url } = await dashboard.start().catch((error) => {
      throw toListenError(error, host, 'DASHBOARD_PORT', 'DASHBOARD_HOST');
    });
    console.log(`The dashboard is ready: ${url}`);
    await whenAborted(stop);
    await dashboard.stop();
    // A statement of a page that nobody waits for any more would keep the process until it ends.
    process.exit();
  },
};
