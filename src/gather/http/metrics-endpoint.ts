import cluster from 'node:cluster';
import { createClusterMetrics } from '../monitoring/metrics/cluster.ts';
import { createMetrics, createMetricsServer, type Metrics, type MetricsSource } from '../monitoring/metrics/metrics.ts';
import { listen } from './listen.ts';

/** Where the metrics of a process are served. */
export interface MetricsConfig {
  host: string;
  /** 0 takes any free port. */
  port: number;
}

/** The metrics of a process, on a port of their own. */
export interface MetricsEndpoint {
  /** @returns the address; undefined in a process of a cluster, whose first process serves them. @throws if the port is taken */
  start(): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** Starts to measure this process. Stop it. */
export function createMetricsEndpoint(config: MetricsConfig, source: MetricsSource): MetricsEndpoint {
  const { start, stop } = createEndpoint(config, createMetrics(source));
  return { start: async () => (cluster.isWorker ? undefined : start()), stop };
}

/** Serves the metrics of all processes of a cluster. For the first process. Stop it. */
export function createClusterMetricsEndpoint(config: MetricsConfig): MetricsEndpoint {
  return createEndpoint(config, createClusterMetrics());
}

function createEndpoint({ host, port }: MetricsConfig, metrics: Metrics): MetricsEndpoint {
  const server = createMetricsServer(metrics);
  return {
    start: async () => `${await listen(server, host, port)}/metrics`,
    stop: async () => {
      metrics.close();
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
