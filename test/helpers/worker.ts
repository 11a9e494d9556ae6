import { createWorker, type StartedWorker, type WorkerConfig } from '../../src/worker.ts';
import type { TestApp } from './app.ts';

const NOWHERE = { url: 'http://127.0.0.1:1' };

/** A worker's settings, for jobs that need no services. */
export function toWorkerConfig(databaseUrl: string): WorkerConfig {
  return {
    logFormat: 'none',
    databaseUrl,
    databaseConnections: 10,
    statementTimeoutMs: 10_000,
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
  { database, services }: TestApp,
  config: Partial<WorkerConfig> = {},
): Promise<StartedWorker & AsyncDisposable> {
  const { promo, recommendations, pricing, inventory, suppliers } = services.urls;
  return startWorker({
    ...toWorkerConfig(database.databaseUrl),
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
export async function startWorker(config: WorkerConfig): Promise<StartedWorker & AsyncDisposable> {
  const worker = createWorker(config);
  try {
    await worker.start();
  } catch (error) {
    await worker.stop();
    throw error;
  }
  return { ...worker, [Symbol.asyncDispose]: () => worker.stop() };
}
