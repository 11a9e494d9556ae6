import { createServer as createHttpServer } from 'node:http';
import type { DocumentNode } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { Accounts } from './accounts/accounts.ts';
import type { JwtConfig } from './accounts/jwt.ts';
import { useViewer } from './accounts/use-viewer.ts';
import type { App } from './app.ts';
import { assertSound } from './check.ts';
import { TokenBuckets } from './concurrency/token-buckets.ts';
import { channelOf, createPools, endPools } from './database/pool.ts';
import type { EngineSchemas } from './database/schemas.ts';
import { toDefinitions } from './database/tables.ts';
import { engineResolvers } from './engine-resolvers.ts';
import { createStore, type StoreConfig } from './files/create-store.ts';
import { describeImage } from './files/describe-image.ts';
import { createDownloadRoute, createFileRoute, type DownloadSource } from './files/file-route.ts';
import { Files } from './files/files.ts';
import { removeBytes } from './files/remove-bytes.ts';
import { findRoute, type Routes } from './files/routes.ts';
import type { QuotaConfig } from './files/storage-quota.ts';
import { createUploadRoute } from './files/upload-route.ts';
import { Uploads } from './files/uploads.ts';
import { createDocumentCache } from './graphql/documents/document-cache.ts';
import { type DocumentsConfig, useDocuments } from './graphql/documents/use-documents.ts';
import { renderGraphiQL, wantsPage } from './graphql/graphiql.ts';
import type { Limits } from './graphql/limits/limits.ts';
import { useAnswerSize } from './graphql/limits/use-answer-size.ts';
import { useCost } from './graphql/limits/use-cost.ts';
import { useLimits } from './graphql/limits/use-limits.ts';
import { useQueryLength } from './graphql/limits/use-query-length.ts';
import { createAppSchema, nodeTypesOf } from './graphql/schema.ts';
import { createSelectionOf } from './graphql/selection.ts';
import { useCacheHeaders } from './graphql/use-cache-headers.ts';
import { useCancellation } from './graphql/use-cancellation.ts';
import { useIncrementalDelivery } from './graphql/use-incremental-delivery.ts';
import { useIntrospection } from './graphql/use-introspection.ts';
import { useLog } from './graphql/use-log.ts';
import { useSources } from './graphql/use-sources.ts';
import { useTiming } from './graphql/use-timing.ts';
import { useVariables } from './graphql/use-variables.ts';
import { createAcceptRequest } from './http/accept-request.ts';
import { guardConnections } from './http/connections.ts';
import { drain, listen, originOf } from './http/listen.ts';
import { answerNotHttp } from './http/not-http.ts';
import { OpenRequests } from './http/open-requests.ts';
import { checkReadiness } from './http/readiness.ts';
import { refuse } from './http/refuse.ts';
import { UploadSlots } from './http/upload-slots.ts';
import { useAccept } from './http/use-accept.ts';
import { useHealth } from './http/use-health.ts';
import { useJsonBody } from './http/use-json-body.ts';
import { useMultipart } from './http/use-multipart.ts';
import { useUrlParams } from './http/use-url-params.ts';
import { JobNotifications } from './jobs/job-notifications.ts';
import { Jobs } from './jobs/jobs.ts';
import { Queue } from './jobs/queue.ts';
import { loadersFrom } from './loaders/index.ts';
import { createLog, type LogFormat } from './monitoring/log.ts';
import { createMaskError } from './monitoring/mask-errors.ts';
import { identified, REQUEST_ID, withRequestId } from './monitoring/request-id.ts';
import { secretsOf } from './monitoring/secrets.ts';
import { listenToCalls } from './monitoring/timing.ts';
import { createServices, type ServiceConfig } from './services/define-service.ts';
import type { Settings } from './settings.ts';
import { createThreads } from './threads/threads.ts';
import type { Viewer } from './viewer.ts';

/** What the server needs to know. */
export interface ServerConfig extends EngineSchemas {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** In development everybody is given `extensions.timing` and the details of `Server-Timing`, unasked. */
  isDevelopment: boolean;
  /** Whether clients may ask for the schema, and are told what they may have meant. */
  isIntrospectable: boolean;
  hasGraphiQL: boolean;
  limits: Limits;
  documents: DocumentsConfig;
  /** How long shared caches may keep what everybody is answered. 0 keeps nothing. */
  cacheSeconds: number;
  /** Host names that the server answers to; any where there are none, unless there is a `publicUrl`. */
  hosts: readonly string[];
  /** Origins whose pages may send requests: `https://app.example`. */
  corsOrigins: readonly string[];
  /** How many proxies in front of the server add to `X-Forwarded-For`. */
  proxyHops: number;
  /** Whose tokens are taken besides those of sessions. */
  jwt?: JwtConfig | undefined;
  /** How long requests under way may take once the server is asked to stop. */
  drainTimeoutMs: number;
  /** How long `/ready` says 503 before the server stops, where a process manager asks for it. @default 0 */
  shutdownDelayMs?: number;
  /** How long a connection may be idle between two requests. @default 65_000 */
  keepAliveTimeoutMs?: number;
  /** A client that takes nothing of its answer for so long is cut off. @default 60_000 */
  stallTimeoutMs?: number;
  logFormat: LogFormat;
  databaseUrl: string;
  /** Connections to PostgreSQL for statements at most. */
  databaseConnections: number;
  statementTimeoutMs: number;
  /** How long an operation may take. */
  operationTimeoutMs: number;
  services: Readonly<Record<string, ServiceConfig>>;
  /** Jobs of one user that are not settled. */
  maxPendingJobs: number;
  /** Where files are kept. */
  store: StoreConfig;
  /** How large one file may be. */
  uploadMaxBytes: number;
  /** How much files and announced uploads may have, of one owner and in all. */
  filesQuota: QuotaConfig;
  /** Where clients reach the server, as `https://app.example`. @default where the request was sent to */
  publicUrl?: string | undefined;
  /** The application's, by its IANA name: where its days begin and its schedules are due. */
  timeZone: string;
  /** The application's own settings. */
  settings: Settings;
}

/** A server that is built, and not yet listening. */
export interface Server {
  /** Answers one request in process, as the server would. @param caller who asks, where it is not to be found out */
  fetch(url: string, init?: RequestInit, caller?: { viewer?: Viewer }): Promise<Response>;
  /** Listens. @returns the address. @throws where the port is taken */
  start(): Promise<{ url: string }>;
  /** Has `/ready` say 503 from now on; requests are taken all the same. */
  retire(): void;
  /**
   * Takes no more requests, lets those under way finish for `drainTimeoutMs`, and closes everything. May be called again.
   * @param force cuts them off when it aborts
   */
  stop(force?: AbortSignal): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;
/** A head that has not come by then is cut at the next look. */
const HEADERS_TIMEOUT_MS = 10_000;
const LOOK_AT_HEADERS_EVERY_MS = 2000;
const STALL_TIMEOUT_MS = 60_000;
/** For uploads that were cut off to give back what they hold. */
const SETTLE_TIMEOUT_MS = 5000;
/** Longer than the 60 seconds of most load balancers, which must be the ones to close: they may be sending a request. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** What Yoga would answer by itself is left to `useHealth`: no URL ends with a space. */
const NO_ENDPOINT = ' ';
/** Yoga takes others too, such as any that ends with `?/graphql`. */
const YOGA_PATH = /^\/(?:graphql\/?(?:\?.*)?|health|ready)$/;
/** Some hundreds of documents of the size of a page. */
const DOCUMENTS_MAX_BYTES = 24_000_000;
const PARSE_ERRORS_MAX_BYTES = 1_000_000;
/** How late a subscriber learns of a change that PostgreSQL's word of was lost. */
const POLL_INTERVAL_MS = 5000;

/** Builds the server of an application from its settings. Stop it. @throws AppError where the application has faults */
export function createServer(app: App, config: ServerConfig): Server {
  assertSound(app);
  const log = createLog(config.logFormat, secretsOf(config));
  const maskError = createMaskError(log, config);
  const { roles, types } = app;
  const definitions = toDefinitions(app.database.tables, config.engineSchema);
  const schema = createAppSchema({ ...app, definitions, engineResolvers });
  const pools = createPools({
    ...config,
    definitions,
    poolSize: config.databaseConnections,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  });
  const clients = createServices(app.services, config.services);
  const queue = new Queue(pools);
  const hints = new JobNotifications(config.databaseUrl, channelOf(pools), POLL_INTERVAL_MS);
  const jobs = new Jobs(queue, hints, config.maxPendingJobs);
  const threads = createThreads();
  const store = createStore(config.store);
  const files = new Files({
    store,
    attachments: app.attachments,
    maxBytes: config.uploadMaxBytes,
    quota: config.filesQuota,
    onKept: async (database, file) => {
      if (!file.type.startsWith('image/')) return;
      await jobs.enqueue(describeImage, { fileId: file.id }, { database, queuedFor: file.owner });
    },
    onDeleted: (database, keys) => jobs.enqueue(removeBytes, { keys }, { database }),
  });
  const accounts = new Accounts({ ...config, pools, roles });
  const buckets = new TokenBuckets(config.limits);
  const slots = new UploadSlots(config.proxyHops);
  const uploads = new Uploads({ files, pools });
  const routes: Routes = {
    uploads: createUploadRoute({
      uploads,
      slots,
      log,
      maxBytes: config.uploadMaxBytes,
      publicUrl: (request) => config.publicUrl ?? originOf(request),
    }),
    files: createFileRoute({ pools, store, log, proxyHops: config.proxyHops }),
    ...downloadRoutes(app, { pools, store, log, proxyHops: config.proxyHops }),
  };
  const stopListening = listenToCalls();

  let isRetired = false;
  const yoga = createYoga({
    schema,
    plugins: [
      useHealth(async () => {
        if (isRetired) return { isReady: false, reason: 'The server is stopping.', services: clients.state() };
        return checkReadiness({ pools, clients, migrations: { ...config, migrations: app.migrations } }, maskError);
      }),
      useAccept(),
      useUrlParams(),
      useJsonBody({ ...config.limits, proxyHops: config.proxyHops }),
      useMultipart({ maxBytes: config.uploadMaxBytes, slots }),
      // The signal comes first: everything below is measured and stopped by it.
      useCancellation(config.operationTimeoutMs),
      useAnswerSize(config.limits.answerMaxBytes),
      useTiming(config.isDevelopment, roles),
      useLog(log, maskError),
      useQueryLength(config.limits),
      useDocuments(config.documents),
      useIntrospection(config.isIntrospectable),
      useViewer({ accounts, roles, buckets, proxyHops: config.proxyHops }),
      useLimits(config.limits),
      useVariables(),
      useCost(config.limits, buckets),
      useCacheHeaders(config.cacheSeconds),
      useSources({
        pools,
        createLoaders: loadersFrom({
          makers: app.loaders,
          rowLoaders: app.database.rowLoaders,
          nodeTypes: nodeTypesOf(schema, types),
        }),
        selectionOf: createSelectionOf({ definitions, types }),
        publicUrl: config.publicUrl,
        services: clients.services,
        schedules: app.schedules,
        settings: config.settings,
        timeZone: config.timeZone,
        jobs,
        threads,
        files,
        uploads,
      }),
      useIncrementalDelivery(maskError),
    ],
    maskedErrors: { maskError },
    parserAndValidationCache: {
      documentCache: createDocumentCache<DocumentNode>(DOCUMENTS_MAX_BYTES),
      errorCache: createDocumentCache<Error>(PARSE_ERRORS_MAX_BYTES),
      // `useLimits` knows the documents that are valid.
      validationCache: false,
    },
    healthCheckEndpoint: NO_ENDPOINT,
    graphiql:
      config.hasGraphiQL &&
      ((request) => wantsPage(request) && { title: app.name, defaultTabs: [...(app.documents?.tabs ?? [])] }),
    renderGraphiQL,
    logging: false,
    cors: false,
    multipart: false,
    landingPage: false,
    maxRequestBodySize: false,
  });
  const acceptRequest = createAcceptRequest(config);
  const openRequests = new OpenRequests();
  const answer = identified((request, response) => {
    openRequests.add(request, response);
    if (!acceptRequest(request, response)) return;
    const route = findRoute(routes, request);
    if (route) openRequests.track(route(request, response));
    else if (YOGA_PATH.test(request.url ?? '')) void yoga(request, response);
    else refuse(response, { status: 404, message: 'There is nothing at this address; GraphQL is at /graphql.' });
  });
  const server = createHttpServer(
    {
      // A file may take its time. JSON bodies and the pace of files have limits of their own.
      requestTimeout: 0,
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: config.keepAliveTimeoutMs ?? KEEP_ALIVE_TIMEOUT_MS,
      connectionsCheckingInterval: LOOK_AT_HEADERS_EVERY_MS,
      // The door asks for it, in words.
      requireHostHeader: false,
    },
    answer,
  );
  guardConnections(server, {
    stallTimeoutMs: config.stallTimeoutMs ?? STALL_TIMEOUT_MS,
    proxyHops: config.proxyHops,
  });
  answerNotHttp(server, openRequests);
  // Routes ask for the body themselves, once they know that they want it.
  server.on('checkContinue', (request, response) => {
    if (!findRoute(routes, request)) response.writeContinue();
    answer(request, response);
  });
  server.on('checkExpectation', (request, response) => {
    const message = `Expected no header Expect but 100-continue, got ${JSON.stringify(request.headers.expect)}.`;
    refuse(response, { status: 417, message });
  });

  let started: Promise<string> | undefined;
  let stopped: Promise<void> | undefined;
  const stop = async (force?: AbortSignal) => {
    isRetired = true;
    await started?.catch(() => {});
    // Subscriptions would last for as long as their clients do.
    await Promise.all([hints.close(), drain(server, openRequests, config.drainTimeoutMs, force)]);
    await openRequests.settled(SETTLE_TIMEOUT_MS);
    await Promise.all([clients.close(), threads.close(), store.close()]);
    await queue.close();
    await endPools(pools);
    stopListening();
  };

  return {
    fetch: (url, init, caller) =>
      withRequestId(async (id) => {
        const response = await yoga.fetch(url, init ?? {}, caller ?? {});
        response.headers.set(REQUEST_ID, id);
        return response;
      }),
    start: async () => {
      started = listen(server, config.host, config.port);
      return { url: await started };
    },
    retire: () => {
      isRetired = true;
    },
    stop: (force) => {
      stopped ??= stop(force);
      return stopped;
    },
  };
}

/** The routes of the application's files. */
function downloadRoutes({ downloads }: App, source: DownloadSource): Routes {
  return Object.fromEntries(
    Object.entries(downloads).map(([name, download]) => [name, createDownloadRoute(source, download)]),
  );
}
