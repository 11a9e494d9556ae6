import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorker, type WorkerConfig, type WorkerProcess } from '../../src/gather/worker.ts';
import type { TestApp } from './app.ts';

/** Made where a store is written to, and so never. */
const NO_DIRECTORY = join(tmpdir(), 'gather-no-store');
const NOWHERE = { url: 'http://127.0.0.1:1' };

/** A worker's settings, for jobs that need no services. */
export function toWorkerConfig(databaseUrl: string): WorkerConfig {
  return {
    logFormat: 'none',
    databaseUrl,
    databaseConnections: 10,
    statementTimeoutMs: 10_000,
    store: { directory: NO_DIRECTORY },
    upstreams: {
      promo: NOWHERE,
      recommendations: NOWHERE,
      pricing: NOWHERE,
      inventory: NOWHERE,
      suppliers: NOWHERE,
    },
    timeZone: 'UTC',
    fetchAllowed: [],
    superviseSeconds: 1,
  };
}

/** Starts a worker for the jobs of a test's server. Disposing of it stops it. */
export function startTestWorker(
  { database, services, filesDir }: TestApp,
  config: Partial<WorkerConfig> = {},
): Promise<WorkerProcess & AsyncDisposable> {
  const { promo, recommendations, pricing, inventory, suppliers } = services.urls;
  return startWorker({
    ...toWorkerConfig(database.databaseUrl),
    store: { directory: filesDir },
    upstreams: {
      promo: { url: promo },
      recommendations: { url: recommendations },
      pricing: { url: pricing },
      inventory: { url: inventory },
      suppliers: { url: suppliers },
    },
    ...config,
  });
}

/** Starts a worker. Disposing of it stops it. */
export async function startWorker(config: WorkerConfig): Promise<WorkerProcess & AsyncDisposable> {
  const worker = createWorker(config);
  try {
    await worker.start();
  } catch (error) {
    await worker.stop();
    throw error;
  }
  return { ...worker, [Symbol.asyncDispose]: () => worker.stop() };
}
