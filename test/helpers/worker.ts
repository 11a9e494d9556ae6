import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../src/gather/app.ts';
import { createWorker, type WorkerConfig, type WorkerProcess } from '../../src/gather/worker.ts';
import type { TestApp } from './app.ts';
import { fixture } from './fixture.ts';

/** Made where a store is written to, and so never. */
const NO_DIRECTORY = join(tmpdir(), 'gather-no-store');
const NOWHERE = { url: 'http://127.0.0.1:1' };

/** A worker's settings, for jobs that need no services. */
export function toWorkerConfig(databaseUrl: string): WorkerConfig {
  return {
    engineSchema: 'gather',
    queueSchema: 'gather_jobs',
    settings: fixture.settings,
    logFormat: 'none',
    databaseUrl,
    databaseConnections: 10,
    statementTimeoutMs: 10_000,
    store: { directory: NO_DIRECTORY },
    services: Object.fromEntries(Object.keys(fixture.app.services).map((name) => [name, NOWHERE])),
    timeZone: 'UTC',
    fetchAllowed: [],
    superviseSeconds: 1,
  };
}

/** Starts a worker for the jobs of a test's server. Disposing of it stops it. */
export function startTestWorker(
  { database, services, filesDir }: TestApp,
  config: Partial<WorkerConfig> = {},
  tasks: Partial<Pick<App, 'tasks' | 'schedules'>> = {},
): Promise<WorkerProcess & AsyncDisposable> {
  return startWorker(
    {
      ...toWorkerConfig(database.databaseUrl),
      store: { directory: filesDir },
      services: Object.fromEntries(Object.entries(services.urls).map(([name, url]) => [name, { url }])),
      ...config,
    },
    tasks,
  );
}

/** Starts a worker. Disposing of it stops it. */
export async function startWorker(
  config: WorkerConfig,
  tasks: Partial<Pick<App, 'tasks' | 'schedules'>> = {},
): Promise<WorkerProcess & AsyncDisposable> {
  const worker = createWorker({ ...fixture.app, ...tasks }, config);
  try {
    await worker.start();
  } catch (error) {
    await worker.stop();
    throw error;
  }
  return { ...worker, [Symbol.asyncDispose]: () => worker.stop() };
}
