import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from './app.ts';
import { assertFits, assertSound } from './check.ts';
import { ConfigError } from './config.ts';
import { Database } from './database/database.ts';
import { createPools, endPools } from './database/pool.ts';
import { poolStates } from './database/pool-state.ts';
import type { EngineSchemas } from './database/schemas.ts';
import { toDefinitions } from './database/tables.ts';
import { findTimeZoneFault } from './database/time-zone.ts';
import type { Pooling } from './database/transaction-pooling.ts';
import { createStore, type StoreConfig } from './files/create-store.ts';
import { createMetricsEndpoint, type MetricsConfig } from './http/metrics-endpoint.ts';
import { countUnsettledJobs } from './jobs/job-count-rows.ts';
import { Worker } from './jobs/worker.ts';
import { createLog, type LogConfig } from './monitoring/log.ts';
import { secretsOf } from './monitoring/secrets.ts';
import { createServices, type ServiceConfig } from './services/create-services.ts';
import { createPublicFetch } from './services/public-fetch.ts';
import type { Settings } from './settings.ts';

/** The configuration of a worker. */
export interface WorkerConfig extends EngineSchemas, LogConfig {
  /** @default none are measured */
  metrics?: MetricsConfig | undefined;
  databaseUrl: string;
  /** Reaches PostgreSQL without a pooler, for LISTEN and the job queue. @default databaseUrl */
  databaseDirectUrl?: string | undefined;
  /** How a pooler at `databaseUrl` pools. @default session */
  pooling?: Pooling | undefined;
  /** Most connections to PostgreSQL, besides those of the job queue. */
  databaseConnections: number;
  statementTimeoutMs: number;
  store: StoreConfig;
  services: Readonly<Record<string, ServiceConfig>>;
  /** IANA name of the application's time zone. */
  timeZone: string;
  /** The application's own settings. */
  settings: Settings;
  /** Non-public hosts, addresses and address blocks that tasks may fetch from. */
  fetchAllowed: readonly string[];
  /** Interval between searches for jobs of dead workers. @default 5 */
  superviseSeconds?: number;
}

/** A worker that has not started yet. */
export interface WorkerProcess {
  /**
   * Starts running jobs. @returns the address of its metrics
   * @throws if PostgreSQL cannot be reached or is not migrated, or the port of the metrics is taken
   */
  start(): Promise<{ metricsUrl?: string }>;
  /**
   * Starts no more jobs, lets running ones finish for up to 10 seconds, returns the rest to the queue, and closes
   * everything. May be called again.
   * @param force returns running jobs to the queue as soon as it aborts
   */
  stop(force?: AbortSignal): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;
const SUPERVISE_SECONDS = 5;
const CLOSE_MS = 5000;
/** Fetched content becomes the result of a job, which must fit into a response (MAX_ANSWER_BYTES). */
const FETCH = { timeoutMs: 10_000, maxBytes: 1_000_000, maxRedirects: 3 };

/** Creates a worker for an application. Stop it. @throws AppError if the application has faults */
export function createWorker(app: App, config: WorkerConfig): WorkerProcess {
  assertSound(app);
  const { timeZone, settings, superviseSeconds = SUPERVISE_SECONDS } = config;
  const databaseUrl = config.databaseDirectUrl ?? config.databaseUrl;
  const { tasks, schedules } = app;
  const log = createLog(config, secretsOf(config));
  const pools = createPools({
    ...config,
    definitions: toDefinitions(app.database.tables, config.engineSchema),
    poolSize: config.databaseConnections,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    applicationName: 'gather worker',
    log,
  });
  const clients = createServices(app.services, config.services, log);
  const store = createStore(config.store, log);
  const publicFetch = createPublicFetch({ ...FETCH, allowed: config.fetchAllowed });
  const fetchPublic = publicFetch.fetch;
  const worker = new Worker({
    databaseUrl,
    pools,
    store,
    clients,
    settings,
    fetchPublic,
    timeZone,
    log,
    superviseSeconds,
    tasks,
    schedules,
  });

  const metrics =
    config.metrics &&
    createMetricsEndpoint(config.metrics, {
      waitingRequests: () => 0,
      pools: () => poolStates(pools),
      services: () => clients.state(),
      jobs: () => countUnsettledJobs(pools),
      uploads: () => 0,
    });

  let stopped: Promise<void> | undefined;
  const close = async () => {
    await worker.close();
    await metrics?.stop();
    await Promise.all([store.close(), clients.close(), publicFetch.close()]);
    await endPools(pools);
  };
  const stop = async (force?: AbortSignal) => {
    await worker.drain(force);
    // The worker must stop even if PostgreSQL no longer answers.
    await Promise.race([close(), sleep(CLOSE_MS, undefined, { ref: false })]);
  };

  return {
    start: async () => {
      await assertFits(app, databaseUrl, config);
      await assertTimeZone(new Database(pools, new AbortController().signal), timeZone);
      const metricsUrl = await metrics?.start();
      await worker.start();
      return metricsUrl === undefined ? {} : { metricsUrl };
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
  const expected = 'expected a time zone with the same rules in PostgreSQL and Node';
  throw new ConfigError(`TIME_ZONE: ${expected}, got "${timeZone}": ${fault}.`);
}
