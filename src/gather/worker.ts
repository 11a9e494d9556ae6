import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from './app.ts';
import { assertFits, assertSound } from './check.ts';
import { ConfigError } from './config.ts';
import { Database } from './database/database.ts';
import { createPools, endPools } from './database/pool.ts';
import type { EngineSchemas } from './database/schemas.ts';
import { toDefinitions } from './database/tables.ts';
import { findTimeZoneFault } from './database/time-zone.ts';
import { createStore, type StoreConfig } from './files/create-store.ts';
import { Worker } from './jobs/worker.ts';
import { createLog, type LogFormat } from './monitoring/log.ts';
import { secretsOf } from './monitoring/secrets.ts';
import { createServices, type ServiceConfig } from './services/define-service.ts';
import { createPublicFetch } from './services/public-fetch.ts';
import type { Settings } from './settings.ts';

/** What a worker needs to know. */
export interface WorkerConfig extends EngineSchemas {
  logFormat: LogFormat;
  databaseUrl: string;
  /** Connections to PostgreSQL at most, those of the job queue apart. */
  databaseConnections: number;
  statementTimeoutMs: number;
  store: StoreConfig;
  services: Readonly<Record<string, ServiceConfig>>;
  /** The application's, by its IANA name. */
  timeZone: string;
  /** The application's own settings. */
  settings: Settings;
  /** What tasks may fetch although it is not public: hosts, addresses, blocks of addresses. */
  fetchAllowed: readonly string[];
  /** How often jobs of dead workers are looked for. @default 5 */
  superviseSeconds?: number;
}

/** A worker that is built, and does not run jobs yet. */
export interface WorkerProcess {
  /** Begins to run jobs. @throws where PostgreSQL cannot be reached, or `migrate` has not made the queue */
  start(): Promise<void>;
  /**
   * Begins no more jobs, lets those under way finish for up to 10 seconds, gives back the rest, and closes everything.
   * May be called again.
   * @param force gives them back as soon as it aborts
   */
  stop(force?: AbortSignal): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;
const SUPERVISE_SECONDS = 5;
const CLOSE_MS = 5000;
/** What is fetched is the result of a job, and must fit into an answer (MAX_ANSWER_BYTES). */
const FETCH = { timeoutMs: 10_000, maxBytes: 1_000_000, maxRedirects: 3 };

/** Builds a worker of an application from its settings. Stop it. @throws AppError where the application has faults */
export function createWorker(app: App, config: WorkerConfig): WorkerProcess {
  assertSound(app);
  const { databaseUrl, timeZone, settings, superviseSeconds = SUPERVISE_SECONDS } = config;
  const { tasks, schedules } = app;
  const log = createLog(config.logFormat, secretsOf(config));
  const pools = createPools({
    ...config,
    definitions: toDefinitions(app.database.tables, config.engineSchema),
    poolSize: config.databaseConnections,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    applicationName: 'gather worker',
  });
  const clients = createServices(app.services, config.services);
  const store = createStore(config.store);
  const publicFetch = createPublicFetch({ ...FETCH, allowed: config.fetchAllowed });
  const fetchPublic = publicFetch.fetch;
  const worker = new Worker({
    databaseUrl,
    pools,
    store,
    services: clients.services,
    settings,
    fetchPublic,
    timeZone,
    log,
    superviseSeconds,
    tasks,
    schedules,
  });

  let stopped: Promise<void> | undefined;
  const close = async () => {
    await worker.close();
    await Promise.all([store.close(), clients.close(), publicFetch.close()]);
    await endPools(pools);
  };
  const stop = async (force?: AbortSignal) => {
    await worker.drain(force);
    // A PostgreSQL that does not answer any more must not keep the worker.
    await Promise.race([close(), sleep(CLOSE_MS, undefined, { ref: false })]);
  };

  return {
    start: async () => {
      await assertFits(app, databaseUrl, config);
      await assertTimeZone(new Database(pools, new AbortController().signal), timeZone);
      await worker.start();
    },
    stop: (force) => {
      stopped ??= stop(force);
      return stopped;
    },
  };
}

async function assertTimeZone(database: Database, timeZone: string): Promise<void> {
  const fault = await findTimeZoneFault(database, timeZone);
  if (!fault) return;
  const expected = 'expected a time zone whose rules PostgreSQL and Node know alike';
  throw new ConfigError(`TIME_ZONE: ${expected}, got "${timeZone}": ${fault}.`);
}
