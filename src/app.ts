import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createYoga } from 'graphql-yoga';
import { pendingMigrations } from './database/migrate.ts';
import { createControlPool, createPool } from './database/pool.ts';
import { isMasked, toClientError } from './errors.ts';
import { createLog, type LogFormat } from './monitoring/log.ts';
import { listenToCalls } from './monitoring/timing.ts';
import { exampleTabs } from './plugins/example-queries.ts';
import { useCancellation } from './plugins/use-cancellation.ts';
import { type Readiness, useHealth } from './plugins/use-health.ts';
import { useIncrementalDelivery } from './plugins/use-incremental-delivery.ts';
import { useJsonBody } from './plugins/use-json-body.ts';
import { useLog } from './plugins/use-log.ts';
import { useSources } from './plugins/use-sources.ts';
import { useTiming } from './plugins/use-timing.ts';
import { loadSchema } from './resolvers/schema.ts';
import { createAboutReader } from './shop/about.ts';
import { createUpstreams, type UpstreamConfig, type UpstreamName } from './upstreams/index.ts';

/** What the server needs to know. */
export interface AppConfig {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** In development `extensions.timing` is given unasked. */
  isDevelopment: boolean;
  logFormat: LogFormat;
  databaseUrl: string;
  /** Connections to PostgreSQL at most. */
  databaseConnections: number;
  statementTimeoutMs: number;
  /** How long an operation may take. */
  operationTimeoutMs: number;
  upstreams: Record<UpstreamName, UpstreamConfig>;
  /** The JSON file behind `Query.about`. */
  aboutFile: string;
}

/** A server that is built, and not yet listening. */
export interface App {
  /** Answers one request in process, as the server would. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
  /** Listens. @returns the address. @throws where the port is taken */
  start(): Promise<{ url: string }>;
  /**
   * Takes no more requests, lets those under way finish for up to 5 seconds, and closes everything.
   * @param hurry cuts them off when it aborts
   */
  stop(hurry?: AbortSignal): Promise<void>;
}

const MAX_BODY_BYTES = 1_000_000;
const CONNECT_TIMEOUT_MS = 5000;
const DRAIN_MS = 5000;

/** Builds the server from its settings. Whoever builds it stops it. */
export function createApp(config: AppConfig): App {
  const log = createLog(config.logFormat);
  const poolConfig = { ...config, poolSize: config.databaseConnections, connectTimeoutMs: CONNECT_TIMEOUT_MS };
  const pools = { pool: createPool(poolConfig), control: createControlPool(poolConfig) };
  const upstreams = createUpstreams(config.upstreams);
  const stopListening = listenToCalls();

  const maskError = (error: unknown) => {
    if (isMasked(error)) log.error(error);
    return toClientError(error);
  };
  const checkReadiness = async (): Promise<Readiness> => {
    const services = upstreams.state();
    try {
      const pending = await pendingMigrations(pools.pool);
      if (pending.length > 0)
        return { isReady: false, reason: `Migrations are missing: ${pending.join(', ')}`, services };
      return { isReady: true, services };
    } catch (error) {
      return { isReady: false, reason: toClientError(error).message, services };
    }
  };

  const yoga = createYoga({
    schema: loadSchema(),
    plugins: [
      useHealth(checkReadiness),
      useJsonBody(MAX_BODY_BYTES),
      // The signal comes first: everything below is measured and stopped by it.
      useCancellation(config.operationTimeoutMs),
      useTiming(config.isDevelopment),
      useLog(log),
      useSources({ pools, upstreams, readAbout: createAboutReader(config.aboutFile) }),
      useIncrementalDelivery(maskError),
    ],
    maskedErrors: { maskError },
    graphiql: { title: 'Smokehouse', defaultTabs: exampleTabs },
    renderGraphiQL,
    logging: false,
    cors: false,
    multipart: false,
    landingPage: false,
    maxRequestBodySize: false,
  });
  const server = createServer(yoga);

  return {
    fetch: async (url, init) => yoga.fetch(url, init ?? {}),
    start: () => listen(server, config),
    stop: async (hurry) => {
      await close(server, hurry);
      await upstreams.close();
      await Promise.all([pools.pool.end(), pools.control.end()]);
      stopListening();
    },
  };
}

function listen(server: Server, { host, port }: AppConfig): Promise<{ url: string }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const { port: actualPort } = server.address() as AddressInfo;
      resolve({ url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}` });
    });
  });
}

async function close(server: Server, hurry?: AbortSignal): Promise<void> {
  if (!server.listening) return;
  const cutOff = () => server.closeAllConnections();
  const timer = setTimeout(cutOff, DRAIN_MS);
  hurry?.addEventListener('abort', cutOff, { once: true });
  if (hurry?.aborted) cutOff();
  await new Promise((resolve) => server.close(resolve));
  hurry?.removeEventListener('abort', cutOff);
  clearTimeout(timer);
}
