import { createMetrics, createMetricsServer, type MetricsSource } from '../monitoring/metrics/metrics.ts';
import { listen } from './listen.ts';

/** Where the metrics of a process are served. */
export interface MetricsConfig {
  host: string;
  /** 0 takes any free port. */
  port: number;
}

/** The metrics of a process, on a port of their own. */
export interface MetricsEndpoint {
  /** @returns the address. @throws if the port is taken */
  start(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts to measure this process. Stop it. */
export function createMetricsEndpoint({ host, port }: MetricsConfig, source: MetricsSource): MetricsEndpoint {
  const metrics = createMetrics(source);
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
