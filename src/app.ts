import { createServer, type RequestListener } from 'node:http';
import { createYoga } from 'graphql-yoga';
import { createPools, endPools } from './database/pool.ts';
import { isMasked, toClientError } from './errors.ts';
import { createStore, type StoreConfig } from './files/create-store.ts';
import { createCertificateRoute, createFileRoute } from './files/file-route.ts';
import { Files } from './files/files.ts';
import { findRoute, type Routes } from './files/routes.ts';
import { createUploadRoute } from './files/upload-route.ts';
import { UploadSlots } from './files/upload-slots.ts';
import { Uploads } from './files/uploads.ts';
import { Hints } from './jobs/hints.ts';
import { Jobs } from './jobs/jobs.ts';
import { Queue } from './jobs/queue.ts';
import { describeImage } from './jobs/tasks/describe-image.ts';
import { removeBytes } from './jobs/tasks/remove-bytes.ts';
import { createLog, type LogFormat } from './monitoring/log.ts';
import { checkReadiness } from './monitoring/readiness.ts';
import { listenToCalls } from './monitoring/timing.ts';
import { createDocumentCache } from './plugins/document-cache.ts';
import { exampleTabs } from './plugins/example-queries.ts';
import { renderGraphiQL } from './plugins/graphiql.ts';
import { useCancellation } from './plugins/use-cancellation.ts';
import { useHealth } from './plugins/use-health.ts';
import { useIncrementalDelivery } from './plugins/use-incremental-delivery.ts';
import { useJsonBody } from './plugins/use-json-body.ts';
import { useLog } from './plugins/use-log.ts';
import { useMultipart } from './plugins/use-multipart.ts';
import { useSources } from './plugins/use-sources.ts';
import { useTiming } from './plugins/use-timing.ts';
import { loadSchema } from './resolvers/schema.ts';
import { cutUnread, drain, listen, originOf } from './server.ts';
import { createAboutReader } from './shop/about.ts';
import { createThreads } from './threads/threads.ts';
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
  /** Where files are kept. */
  store: StoreConfig;
  /** How large one file may be. */
  uploadMaxBytes: number;
  /** Where clients reach the server, as `https://shop.example`. @default where the request was sent to */
  publicUrl?: string | undefined;
  /** The shop's, by its IANA name: where its days begin and its schedules are due. */
  timeZone: string;
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
   * Takes no more requests, lets those under way finish for up to 5 seconds, and closes everything. May be called again.
   * @param hurry cuts them off when it aborts
   */
  stop(hurry?: AbortSignal): Promise<void>;
}

const MAX_BODY_BYTES = 16_000_000;
const CONNECT_TIMEOUT_MS = 5000;
const HEADERS_TIMEOUT_MS = 60_000;
/** How late a subscriber learns of a change that PostgreSQL's word of was lost. */
const LOOK_EVERY_MS = 5000;

/** Builds the server from its settings. Whoever builds it stops it. */
export function createApp(config: AppConfig): App {
  const log = createLog(config.logFormat);
  const pools = createPools({ ...config, poolSize: config.databaseConnections, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  const upstreams = createUpstreams(config.upstreams);
  const queue = new Queue(pools);
  const hints = new Hints(config.databaseUrl, LOOK_EVERY_MS);
  const jobs = new Jobs(queue, hints);
  const threads = createThreads();
  const store = createStore(config.store);
  const files = new Files({
    store,
    maxBytes: config.uploadMaxBytes,
    onKept: async (database, file) => {
      if (file.type.startsWith('image/')) await jobs.enqueue(describeImage, { fileId: file.id }, { database });
    },
    onDeleted: (database, keys) => jobs.enqueue(removeBytes, { keys }, { database }),
  });
  const slots = new UploadSlots();
  const uploads = new Uploads({ files, pools });
  const routes: Routes = {
    uploads: createUploadRoute({
      uploads,
      slots,
      log,
      maxBytes: config.uploadMaxBytes,
      publicUrl: (request) => config.publicUrl ?? originOf(request),
    }),
    files: createFileRoute({ pools, store, log }),
    certificates: createCertificateRoute({ pools, store, log }),
  };
  const stopListening = listenToCalls();

  const maskError = (error: unknown) => {
    if (isMasked(error)) log.error(error);
    return toClientError(error);
  };

  const yoga = createYoga({
    schema: loadSchema(),
    plugins: [
      useHealth(() => checkReadiness(pools, upstreams)),
      useJsonBody(MAX_BODY_BYTES),
      useMultipart({ maxBytes: config.uploadMaxBytes, slots }),
      // The signal comes first: everything below is measured and stopped by it.
      useCancellation(config.operationTimeoutMs),
      useTiming(config.isDevelopment),
      useLog(log),
      useSources({
        pools,
        upstreams,
        jobs,
        threads,
        files,
        uploads,
        publicUrl: config.publicUrl,
        timeZone: config.timeZone,
        readAbout: createAboutReader(config.aboutFile),
      }),
      useIncrementalDelivery(maskError),
    ],
    maskedErrors: { maskError },
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: createDocumentCache() },
    graphiql: { title: 'Smokehouse', defaultTabs: exampleTabs },
    renderGraphiQL,
    logging: false,
    cors: false,
    multipart: false,
    landingPage: false,
    maxRequestBodySize: false,
  });
  const answer: RequestListener = (request, response) => {
    cutUnread(request, response);
    const route = findRoute(routes, request);
    if (route) void route(request, response);
    else void yoga(request, response);
  };
  // A file may take its time. JSON bodies and the pace of files have limits of their own.
  const server = createServer({ requestTimeout: 0, headersTimeout: HEADERS_TIMEOUT_MS }, answer);
  // Routes ask for the body themselves, once they know that they want it.
  server.on('checkContinue', (request, response) => {
    if (!findRoute(routes, request)) response.writeContinue();
    answer(request, response);
  });

  let stopped: Promise<void> | undefined;
  const stop = async (hurry?: AbortSignal) => {
    // Subscriptions would last for as long as their clients do.
    await hints.close();
    await drain(server, hurry);
    await Promise.all([upstreams.close(), threads.close(), store.close()]);
    await queue.close();
    await endPools(pools);
    stopListening();
  };

  return {
    fetch: async (url, init) => yoga.fetch(url, init ?? {}),
    start: async () => ({ url: await listen(server, config.host, config.port) }),
    stop: (hurry) => {
      stopped ??= stop(hurry);
      return stopped;
    },
  };
}
