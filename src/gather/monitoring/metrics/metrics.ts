import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { AggregatorRegistry, type OpenMetricsContentType, Registry } from 'prom-client';
import { countCalls } from './calls.ts';
import { countJobs, type JobCount } from './jobs.ts';
import { countLoaders } from './loaders.ts';
import { countOperations } from './operations.ts';
import { measureProcess } from './process.ts';
import { type PoolState, type ServiceState, showState } from './state.ts';
import { countUploads } from './uploads.ts';

/** What the metrics of a server or worker read when they are scraped. */
export interface MetricsSource {
  pools: () => readonly PoolState[];
  services: () => Readonly<Record<string, ServiceState>>;
  /** The unsettled jobs. @throws if the database cannot be read */
  jobs: () => Promise<readonly JobCount[]>;
  /** Uploads under way. */
  uploads: () => number;
}

/** The metrics of this process. */
export interface Metrics {
  /** All of them, as OpenMetrics. */
  read(): Promise<string>;
  /** Stops to listen. */
  close(): void;
}

/** A group of metrics. It creates them in the registry. @returns stops to listen */
export type MetricsGroup = (registry: MetricsRegistry, source: MetricsSource) => (() => void) | undefined;

type MetricsRegistry = Registry<OpenMetricsContentType>;

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
  if (cluster.isWorker) {
    AggregatorRegistry.setRegistries(registry);
    // Answers the first process, which adds up the metrics of all.
    new AggregatorRegistry();
  }
  return {
    read: () => registry.metrics(),
    close: () => {
      for (const stop of stops) stop?.();
    },
  };
}

/** The metrics of all processes of a cluster, added up; of the largest, where a sum means nothing. For the first process. */
export function createClusterMetrics(): Pick<Metrics, 'read'> {
  const registry = new AggregatorRegistry();
  const aggregate = AggregatorRegistry.aggregate as (metrics: object[], contentType: string) => Registry;
  // It would print them in the format of Prometheus.
  Object.assign(AggregatorRegistry, {
    aggregate: (metrics: object[]) => aggregate(metrics, Registry.OPENMETRICS_CONTENT_TYPE),
  });
  return { read: () => registry.clusterMetrics() };
}

/** Creates a server that answers `GET /metrics` and nothing else. */
export function createMetricsServer(metrics: Pick<Metrics, 'read'>) {
  return createServer(async (request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path !== '/metrics') return void response.writeHead(404).end('Expected /metrics.\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return void response.writeHead(405, { allow: 'GET, HEAD' }).end('Expected GET or HEAD.\n');
    }
    const body = await metrics.read();
    response.writeHead(200, { 'content-type': Registry.OPENMETRICS_CONTENT_TYPE }).end(body);
  });
}
