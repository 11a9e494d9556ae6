import { createServer as createHttpServer } from 'node:http';
import { Accounts } from './accounts/accounts.ts';
import { Identities } from './accounts/viewer-from.ts';
import { Viewers } from './accounts/viewers.ts';
import type { App } from './app.ts';
import { assertSound } from './check.ts';
import { TokenBuckets } from './concurrency/token-buckets.ts';
import { channelOf, createPools, endPools } from './database/pool.ts';
import { poolStates } from './database/pool-state.ts';
import { Replica } from './database/replica.ts';
import { toDefinitions } from './database/tables.ts';
import { engineResolvers } from './engine-resolvers.ts';
import { createStore } from './files/create-store.ts';
import { describeImage } from './files/describe-image.ts';
import { createDownloadRoute, createFileRoute, type DownloadSource } from './files/file-route.ts';
import { Files } from './files/files.ts';
import { removeBytes } from './files/remove-bytes.ts';
import { findRoute, type Routes } from './files/routes.ts';
import { createUploadRoute } from './files/upload-route.ts';
import { Uploads } from './files/uploads.ts';
import { readManifest } from './graphql/documents/manifest.ts';
import { createParseDocument } from './graphql/documents/parse-document.ts';
import { createValidateDocument } from './graphql/documents/validate-document.ts';
import { createWithText } from './graphql/documents/with-text.ts';
import { Charges } from './graphql/limits/charge.ts';
import { Turns } from './graphql/limits/turns.ts';
import { ListInputs } from './graphql/lists/list-inputs.ts';
import { createAddSources } from './graphql/operations/add-sources.ts';
import { createAnswerOperation } from './graphql/operations/answer-operation.ts';
import { createAnswerRequest } from './graphql/operations/answer-request.ts';
import { CacheHeaders } from './graphql/operations/cache-headers.ts';
import { OperationEvents } from './graphql/operations/operation-events.ts';
import { OperationLog } from './graphql/operations/operation-log.ts';
import { createPlanOf } from './graphql/operations/operation-plan.ts';
import { Timings } from './graphql/operations/timings.ts';
import { createAppSchema, nodeTypesOf } from './graphql/schema.ts';
import { createSchemaRoute } from './graphql/schema-route.ts';
import { createYogaServer } from './graphql/yoga.ts';
import { createYogaRoute } from './graphql/yoga-route.ts';
import { createAcceptRequest } from './http/accept-request.ts';
import { Admission } from './http/admission.ts';
import { guardConnections } from './http/connections.ts';
import { createHomePage, SCHEMA_SEGMENT } from './http/home-page.ts';
import { inOrder } from './http/in-order.ts';
import { drain, listen, originOf } from './http/listen.ts';
import { RefusalLog } from './http/log-refusals.ts';
import { createMetricsEndpoint } from './http/metrics-endpoint.ts';
import { answerNotHttp } from './http/not-http.ts';
import { nothingHere } from './http/nothing-here.ts';
import { OpenRequests } from './http/open-requests.ts';
import { Overload, refuseOverload } from './http/overload.ts';
import { createReadParams } from './http/read-params.ts';
import { checkReadiness } from './http/readiness.ts';
import { refuse } from './http/refuse.ts';
import { shown } from './http/shown.ts';
import { UploadSlots } from './http/upload-slots.ts';
import { countUnsettledJobs } from './jobs/job-count-rows.ts';
import { JobNotifications } from './jobs/job-notifications.ts';
import { Jobs } from './jobs/jobs.ts';
import { Queue } from './jobs/queue.ts';
import { keepYoung } from './keep-young.ts';
import { loadersFrom } from './loaders/index.ts';
import { operations } from './monitoring/channels.ts';
import { createLog } from './monitoring/log.ts';
import { createMaskError } from './monitoring/mask-errors.ts';
import { Refusals } from './monitoring/refusals.ts';
import { identified, REQUEST_ID, withRequestId } from './monitoring/request-id.ts';
import { secretsOf } from './monitoring/secrets.ts';
import { listenToCalls } from './monitoring/timing.ts';
import type { ServerConfig } from './server-config.ts';
import { createServices } from './services/create-services.ts';
import { createUrlCheck } from './services/public-fetch.ts';
import { createThreads } from './threads/threads.ts';
import type { Viewer } from './viewer.ts';

/** The addresses of a server that is listening. */
interface Listening {
  url: string;
  metricsUrl?: string;
}

/** A server that is not listening yet. */
export interface Server {
  /** Answers one GraphQL request in process. @param caller the viewer, if not to be read from the request */
  fetch(url: string, init?: RequestInit, caller?: { viewer?: Viewer }): Promise<Response>;
  /** Starts listening. @returns the addresses. @throws if a port is taken */
  start(): Promise<Listening>;
  /** Makes `/ready` answer 503 from now on; requests are still accepted. */
  retire(): void;
  /**
   * Accepts no more requests, lets open ones finish for up to `drainTimeoutMs`, and closes everything. May be called
   * again.
   * @param force cuts them off when it aborts
   */
  stop(force?: AbortSignal): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;
/** A connection whose headers have not arrived by then is closed at the next check. */
const HEADERS_TIMEOUT_MS = 10_000;
const HEADERS_CHECK_INTERVAL_MS = 2000;
const STALL_TIMEOUT_MS = 60_000;
/** Time for interrupted uploads to release their leases. */
const SETTLE_TIMEOUT_MS = 5000;
/** Longer than the 60 s of most load balancers, which must close first: they may just be sending a request. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Stricter than Yoga, which accepts any URL that ends with `?/graphql`. */
const YOGA_PATH = /^\/(?:graphql\/?(?:\?.*)?|health|ready)$/;
const HEALTH_PATH = /^\/(?:health|ready)$/;
/** The longest delay of a change for a subscriber if its notification is lost. */
const POLL_INTERVAL_MS = 5000;

const SLOW_OPERATION_MS = 1000;

/** Creates the server of an application. Stop it. @throws AppError if the application has faults */
export function createServer(app: App, config: ServerConfig): Server {
  assertSound(app);
  keepYoung();
  const log = createLog(config, secretsOf(config));
  const refusals = new Refusals(log);
  const maskError = createMaskError(config);
  const { roles, types } = app;
  const { slowOperationMs = SLOW_OPERATION_MS, hasEngineTables = true } = config;
  const definitions = toDefinitions(app.database.tables, config.engineSchema);
  const schema = createAppSchema({ ...app, definitions, engineResolvers });
  const planOf = createPlanOf(schema, { definitions, types });
  const poolConfig = {
    ...config,
    definitions,
    poolSize: config.databaseConnections,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    log,
  };
  const pools = createPools(poolConfig);
  const replicaPools =
    config.databaseReplicaUrl === undefined
      ? undefined
      : createPools({ ...poolConfig, databaseUrl: config.databaseReplicaUrl, pooling: 'session', source: 'replica' });
  const listenUrl = config.databaseDirectUrl ?? config.databaseUrl;
  const replica = replicaPools && new Replica({ primary: pools, replica: replicaPools, listenUrl });
  const clients = createServices(app.services, config.services, log);
  const queue = new Queue(pools);
  const notifications = new JobNotifications(listenUrl, channelOf(pools), POLL_INTERVAL_MS);
  const jobs = new Jobs(queue, notifications, config.maxPendingJobs);
  const threads = createThreads();
  const store = createStore(config.store, log);
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
  const { viewerFrom } = app;
  const identities = viewerFrom && new Identities({ viewerFrom, pools, roles, settings: config.settings });
  const buckets = config.buckets ?? new TokenBuckets(config.limits);
  const slots = new UploadSlots(config.proxyHops);
  // A request with bytes names no viewer.
  const uploads = new Uploads({ files, pools, onComplete: replica && (() => replica.noteWrite()) });
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
    ...(config.isIntrospectable && { [SCHEMA_SEGMENT]: createSchemaRoute(schema) }),
  };
  const trustedDocuments = readManifest(config.documents.file);
  const stopListening = listenToCalls();
  const admission = new Admission({ timeoutMs: config.operationTimeoutMs, proxyHops: config.proxyHops });
  const metrics =
    config.metrics &&
    createMetricsEndpoint(config.metrics, {
      waitingRequests: () => admission.waiting,
      pools: () => [...poolStates(pools), ...(replicaPools ? poolStates(replicaPools, 'replica ') : [])],
      services: () => clients.state(),
      jobs: async () => (hasEngineTables ? countUnsettledJobs(pools) : []),
      uploads: () => slots.taken,
    });

  const timings = new Timings(config.isDevelopment, roles);
  const viewers = new Viewers({ accounts, identities, roles, buckets, proxyHops: config.proxyHops, maskError });
  const operationLog = new OperationLog({ log, refusals, slowOperationMs, proxyHops: config.proxyHops });
  // By which headers an application identifies viewers, no cache can know.
  const cacheHeaders = new CacheHeaders(identities ? 0 : config.cacheSeconds);
  // Only if metrics or traces listen. Metrics do from the start of the server on.
  const events =
    config.metrics || operations.hasSubscribers ? new OperationEvents((id) => trustedDocuments.has(id)) : undefined;
  const answerOperation = createAnswerOperation({
    timings,
    queryMaxBytes: config.limits.queryMaxBytes,
    withText: createWithText(trustedDocuments, config.documents),
    schema,
    isIntrospectable: config.isIntrospectable,
    parseDocument: createParseDocument(config.limits),
    validateDocument: createValidateDocument(schema, config),
    viewers,
    planOf,
    turns: new Turns(config.limits.maxOperationsPerViewer),
    charges: new Charges(config.limits, buckets),
    addSources: createAddSources({
      pools,
      replica,
      inputs: new ListInputs({ ...app, schema, definitions }),
      createLoaders: loadersFrom({
        factories: app.loaders,
        rowLoaders: app.database.rowLoaders,
        nodeTypes: nodeTypesOf(schema, types),
      }),
      publicUrl: config.publicUrl,
      rowLevelSecurity: app.rowLevelSecurity,
      assertFetchable: createUrlCheck(config.fetchAllowed),
      clients,
      schedules: app.schedules,
      settings: config.settings,
      timeZone: config.timeZone,
      jobs,
      threads,
      files,
      uploads,
    }),
    maskError,
    log: operationLog,
    cacheHeaders,
    replica,
    events,
  });

  const answerRequest = createAnswerRequest({
    operationTimeoutMs: config.operationTimeoutMs,
    answerMaxBytes: config.limits.answerMaxBytes,
    readParams: createReadParams({
      bodyMaxBytes: config.limits.bodyMaxBytes,
      uploadMaxBytes: config.uploadMaxBytes,
      slots,
      proxyHops: config.proxyHops,
    }),
    answerOperation,
    timings,
    log: operationLog,
    maskError,
  });

  let isRetired = false;
  const yoga = createYogaServer({
    schema,
    answerRequest,
    checkReadiness: async () => {
      if (isRetired) return { isReady: false, reason: 'The server is stopping.', services: clients.state() };
      const migrations = hasEngineTables ? { ...config, migrations: app.migrations } : undefined;
      return checkReadiness({ log, pools, clients, migrations }, maskError);
    },
    graphiql: config.hasGraphiQL ? { title: app.name, defaultTabs: [...(app.documents?.tabs ?? [])] } : undefined,
  });
  const answerWithYoga = createYogaRoute(yoga, { log, maskError });
  const acceptRequest = createAcceptRequest(config);
  const overload =
    config.overload &&
    new Overload(config.overload, () => {
      const waitingForDatabase = [pools, replicaPools].map((all) => all?.shares.get(all.pool)?.waitingKeys ?? 0);
      return Math.max(admission.waitingSenders, ...waitingForDatabase);
    });
  const answerHome = createHomePage({ ...config, name: app.name });
  const openRequests = new OpenRequests();
  const segments = new Set(['', 'graphql', 'health', 'ready', ...Object.keys(routes)]);
  const refusalLog = new RefusalLog(refusals, { segments, proxyHops: config.proxyHops });
  const answer = inOrder(
    identified((request, response) => {
      openRequests.add(request, response);
      refusalLog.watch(request, response);
      if (!acceptRequest(request, response)) return;
      if (answerHome(request, response)) return;
      const route = findRoute(routes, request);
      if (route) openRequests.track(route(request, response));
      else if (YOGA_PATH.test(request.url ?? '')) {
        if (HEALTH_PATH.test(request.url ?? '')) void answerWithYoga(request, response);
        else if (overload?.refuses()) refuseOverload(request, response);
        else admission.enter(request, response, () => void answerWithYoga(request, response));
      } else refuse(response, nothingHere(request, segments));
    }),
  );
  const server = createHttpServer(
    {
      // A large file may take long. JSON bodies have a timeout of their own, files a minimum rate.
      requestTimeout: 0,
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: config.keepAliveTimeoutMs ?? KEEP_ALIVE_TIMEOUT_MS,
      connectionsCheckingInterval: HEADERS_CHECK_INTERVAL_MS,
      // `acceptRequest` checks it, with a better message.
      requireHostHeader: false,
    },
    answer,
  );
  guardConnections(server, {
    stallTimeoutMs: config.stallTimeoutMs ?? STALL_TIMEOUT_MS,
    proxyHops: config.proxyHops,
    onRefused: (socket) => refusalLog.addConnection(socket),
  });
  answerNotHttp(server, openRequests, { onRefused: (fault, socket) => refusalLog.addNotHttp(fault, socket) });
  // Routes send 100 Continue themselves, once they have accepted the request.
  server.on('checkContinue', (request, response) => {
    if (!findRoute(routes, request)) response.writeContinue();
    answer(request, response);
  });
  server.on('checkExpectation', (request, response) => {
    const message = `Expected no Expect header other than 100-continue, got ${shown(`${request.headers.expect}`)}.`;
    refusalLog.watch(request, response);
    refuse(response, { status: 417, message });
  });

  let started: Promise<Listening> | undefined;
  const start = async (): Promise<Listening> => {
    const metricsUrl = await metrics?.start();
    const url = await listen(server, config.host, config.port);
    return { url, ...(metricsUrl !== undefined && { metricsUrl }) };
  };
  let stopped: Promise<void> | undefined;
  const stop = async (force?: AbortSignal) => {
    isRetired = true;
    await started?.catch(() => {});
    // Ends the subscriptions, which would otherwise last as long as their clients.
    await Promise.all([notifications.close(), drain(server, openRequests, config.drainTimeoutMs, force)]);
    await openRequests.settled(SETTLE_TIMEOUT_MS);
    await Promise.all([clients.close(), threads.close(), store.close()]);
    await Promise.all([queue.close(), replica?.close()]);
    await Promise.all([pools, replicaPools].map((all) => all && endPools(all)));
    stopListening();
    overload?.[Symbol.dispose]();
    await metrics?.stop();
    refusals.close();
  };

  return {
    fetch: (url, init, caller) =>
      withRequestId(async (id) => {
        const response = await yoga.fetch(url, init ?? {}, caller ?? {});
        response.headers.set(REQUEST_ID, id);
        return response;
      }),
    start: () => {
      started = start();
      return started;
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

/** The application's own download routes. */
function downloadRoutes({ downloads }: App, source: DownloadSource): Routes {
  return Object.fromEntries(
    Object.entries(downloads).map(([name, download]) => [name, createDownloadRoute(source, download)]),
  );
}
