import cluster from 'node:cluster';
import type { Metrics, MetricsSource } from '../monitoring/metrics/metrics.ts';
import { listen } from './listen.ts';

/** Where the metrics of a process are served. */
export interface MetricsConfig {
  host: string;
  /** 0 takes any free port. */
  port: number;
}

/** The metrics of a process, on a port of their own. Their packages are loaded when it starts. */
export interface MetricsEndpoint {
  /**
   * Starts to measure.
   * @returns the address; undefined in a process of a cluster, whose first process serves them. @throws if the port is taken
   */
  start(): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** The metrics of this process. Stop it. */
export function createMetricsEndpoint(config: MetricsConfig, source: MetricsSource): MetricsEndpoint {
  return createEndpoint(cluster.isWorker ? undefined : config, async () => {
    const { createMetrics } = await import('../monitoring/metrics/metrics.ts');
    return createMetrics(source);
  });
}

/** The metrics of all processes of a cluster. For the first process. Stop it. */
export function createClusterMetricsEndpoint(config: MetricsConfig): MetricsEndpoint {
  return createEndpoint(config, async () => {
    const { createClusterMetrics } = await import('../monitoring/metrics/cluster.ts');
    return createClusterMetrics();
  });
}

/** @param config undefined serves them nowhere */
function createEndpoint(config: MetricsConfig | undefined, measure: () => Promise<Metrics>): MetricsEndpoint {
  const stack = new AsyncDisposableStack();
  let starting: Promise<string | undefined> | undefined;
  const start = async () => {
    const metrics = await measure();
    stack.defer(() => metrics.close());
    if (!config) return undefined;
    const { createMetricsServer } = await import('../monitoring/metrics/metrics.ts');
    const server = createMetricsServer(metrics);
    stack.defer(async () => {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    });
    return `${await listen(server, config.host, config.port)}/metrics`;
  };
  return {
    start: () => {
      starting ??= start();
      return starting;
    },
    stop: async () => {
      await starting?.catch(() => {});
      await stack.disposeAsync();
    },
  };
}
