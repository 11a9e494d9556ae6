import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdmission } from './dashboard/admission.ts';
import { toListener, toRequest } from './dashboard/listener.ts';
import { toLocalPage } from './dashboard/local-page.ts';
import { listen } from './server.ts';

/** What the dashboard needs to know. */
export interface DashboardConfig {
  host: string;
  /** 0 takes any free port. */
  port: number;
  databaseUrl: string;
  /** Whoever looks has to know it. Without one, only this machine may look: `host` must be a loopback address then. */
  password: string | undefined;
}

/** The pages of the job queue, built and not yet listening. */
export interface Dashboard {
  /** Listens. @returns the address. @throws where the port is taken */
  start(): Promise<{ url: string }>;
  /** Cuts off what is under way, and waits a second at most for the connections to PostgreSQL to close. */
  stop(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 1000;

/** Builds the dashboard of pg-boss. It only shows: what a job's row says is changed by way of Gather's API. */
export async function createDashboard({ host, port, databaseUrl, password }: DashboardConfig): Promise<Dashboard> {
  // Its pages leave out what changes something. It takes this from nowhere else.
  // biome-ignore lint/style/noProcessEnv: it is not read here.
  process.env['PGBOSS_DASHBOARD_READ_ONLY'] = '1';
  // It is large, and other commands do without.
  const { createDashboardHandler } = await import('@pg-boss/dashboard/handler');
  const handler = createDashboardHandler({ databases: [{ url: withLimits(databaseUrl) }] });
  const admission = createAdmission(password);

  const answer = async (request: Request) => toLocalPage(await handler(request));
  const server = createServer(
    toListener(
      async (incoming, signal) => admission(incoming) ?? answer(toRequest(incoming, signal)),
      REQUEST_TIMEOUT_MS,
    ),
  );

  return {
    start: async () => ({ url: await listen(server, host, port) }),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await Promise.race([handler.close(), sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    },
  };
}

/** No statement of its goes on for longer than a request. */
function withLimits(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set('statement_timeout', `${REQUEST_TIMEOUT_MS}`);
  url.searchParams.set('application_name', 'gather dashboard');
  return url.href;
}
