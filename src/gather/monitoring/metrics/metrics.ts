import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { type OpenMetricsContentType, Registry } from 'prom-client';
import { countCalls } from './calls.ts';
import { answerFirstProcess } from './cluster.ts';
import { countJobs, type JobCount } from './jobs.ts';
import { countLoaders } from './loaders.ts';
import { countOperations } from './operations.ts';
import { measureProcess } from './process.ts';
import { type PoolState, type ServiceState, showState } from './state.ts';
import { countUploads } from './uploads.ts';

/** What the metrics of a server or worker read when they are scraped. */
export interface MetricsSource {
  /** Requests that wait to begin. */
  waitingRequests: () => number;
  pools: () => readonly PoolState[];
  services: () => Readonly<Record<string, ServiceState>>;
  /** The unsettled jobs. @throws if the database cannot be read */
  jobs: () => Promise<readonly JobCount[]>;
  /** Uploads under way. */
  uploads: () => number;
}

/** The metrics of this process, or of all processes of a cluster. */
export interface Metrics {
  /** All of them, as OpenMetrics. */
  read(): Promise<string>;
  /** Stops measuring. */
  close(): void;
}

/**
 * Creates a group of metrics in the registry. OpenMetrics appends `_total` to the names of counters.
 * @returns stops measuring
 */
export type MetricsGroup = (registry: MetricsRegistry, source: MetricsSource) => (() => void) | undefined;

export type MetricsRegistry = Registry<OpenMetricsContentType>;

const GROUPS: readonly MetricsGroup[] = [
  countOperations,
  countCalls,
  countLoaders,
  showState,
  countJobs,
  countUploads,
  measureProcess,
];

/** Starts to measure this process. Close it. */
export function createMetrics(source: MetricsSource): Metrics {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const stops = GROUPS.map((group) => group(registry, source));
  if (cluster.isWorker) stops.push(answerFirstProcess(registry));
  return {
    read: () => registry.metrics(),
    close: () => {
      for (const stop of stops) stop?.();
    },
  };
}

/** Creates a server that answers `GET /metrics` and nothing else. */
export function createMetricsServer(metrics: Metrics) {
  return createServer({ requireHostHeader: false }, async ({ method, url = '' }, response) => {
    const isThere = url.split('?', 1)[0] === '/metrics';
    if (isThere && (method === 'GET' || method === 'HEAD')) {
      const body = await metrics.read();
      return void response.writeHead(200, { 'content-type': Registry.OPENMETRICS_CONTENT_TYPE }).end(body);
    }
    const headers = { 'content-type': 'text/plain; charset=utf-8', ...(isThere && { allow: 'GET, HEAD' }) };
    response
      .writeHead(isThere ? 405 : 404, headers)
      .end(`Expected GET /metrics, got ${method} ${JSON.stringify(url)}.\n`);
  });
}
