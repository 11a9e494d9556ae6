import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionResult } from 'graphql';
import { hashToken } from '../../src/gather/accounts/token.ts';
import type { App } from '../../src/gather/app.ts';
import { manifestOf } from '../../src/gather/commands/server-config.ts';
import type { Limits } from '../../src/gather/graphql/limits/limits.ts';
import type { TimingReport } from '../../src/gather/monitoring/timing.ts';
import { createServer, type Server } from '../../src/gather/server.ts';
import type { ServerConfig } from '../../src/gather/server-config.ts';
import type { Viewer } from '../../src/gather/viewer.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { fixture } from './fixture.ts';
import { watchResources } from './resources.ts';
import { startServices, type TestServices } from './services.ts';

/** What a query gave, loosely typed: tests assert its values. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of any shape
export type Answer = ExecutionResult<any, { timing: TimingReport }>;

/** The whole server on a database of its own, with services under control. */
export interface TestApp {
  app: Server;
  database: TestDatabase;
  /** Where its files are kept. */
  filesDir: string;
  services: TestServices;
  /** Sends an operation in process. */
  query(query: string, variables?: Record<string, unknown>, init?: RequestInit): Promise<Answer>;
  /** Sends an operation in process and gives the response as it is. */
  request(query: string, variables?: Record<string, unknown>, init?: RequestInit): Promise<Response>;
  /** What was sent to the sources since this was last called. */
  cost(): { statements: string[]; requests: string[] };
  /** Closes everything; throws where anything is left open. */
  close(): Promise<void>;
}

interface TestConfig extends Partial<ServerConfig> {
  /** For each of the services. */
  serviceTimeoutMs?: number;
  /** By which address the server reaches its database. @default the database's own */
  reach?: (databaseUrl: string) => string;
  /** Who asks, of what is sent in process. @default STAFF */
  viewer?: Viewer;
  /** What of the application is to be otherwise. */
  application?: Partial<App>;
}

/**
 * Deadlines that nothing in a test comes to: what ends under them does so for the reason that the test is about, however
 * slow the machine is.
 */
export const PATIENT = { operationTimeoutMs: 300_000, statementTimeoutMs: 300_000, serviceTimeoutMs: 300_000 };

/** Somebody who may do everything. */
export const STAFF: Viewer = {
  role: fixture.app.roles.highest,
  user: { owner: 'user:pitmaster', email: 'pitmaster@smokehouse.example', name: 'Pitmaster' },
  sessionId: null,
};

/** Of a session of STAFF that each test's server has. */
export const STAFF_TOKEN = `gather_${'s'.repeat(43)}`;

/** What STAFF sends over a socket. */
export const STAFF_HEADERS = { authorization: `Bearer ${STAFF_TOKEN}` };

/** Nobody in particular. */
export const ANONYMOUS = fixture.app.roles.nobody;

/** Somebody who may do what is theirs. */
export const SIGNED_IN: Viewer = {
  role: fixture.app.roles.signedIn,
  user: { owner: 'user:guest', email: 'guest@smokehouse.example', name: 'Guest' },
  sessionId: null,
};

/** Those that the server has by default, but for a bucket that no test empties by chance. */
export const TEST_LIMITS: Limits = {
  bodyMaxBytes: 1_000_000,
  answerMaxBytes: 2_000_000,
  queryMaxBytes: 65_536,
  maxTokens: 2000,
  maxDepth: 16,
  maxAliases: 50,
  maxDirectives: 50,
  maxCost: 5000,
  costBucket: 1_000_000_000,
  costRestoredPerSecond: 1_000_000,
  maxOperationsPerViewer: 1000,
};

/** Starts the server for a test file. Call it in `beforeAll`, and `close` in `afterAll`. */
export async function startTestApp({
  serviceTimeoutMs: timeoutMs,
  reach = (databaseUrl) => databaseUrl,
  viewer = STAFF,
  application,
  ...config
}: TestConfig = {}): Promise<TestApp> {
  const assertNothingIsLeft = watchResources();
  const database = await createTestDatabase();
  await database.ask(
    `with pitmaster as (
       insert into gather."user" (email, name, role, "passwordHash") values ('staff@smokehouse.example', 'Staff', 'STAFF', '')
       returning id
     ) insert into gather.session ("userId", "tokenHash", "expiresAt") select id, $1, now() + interval '14 days' from pitmaster`,
    [hashToken(STAFF_TOKEN)],
  );
  database.statements();
  const services = await startServices();
  const filesDir = await mkdtemp(join(tmpdir(), 'gather-files-'));
  const app = createServer(
    { ...fixture.app, ...application },
    {
      engineSchema: 'gather',
      queueSchema: 'gather_jobs',
      host: '127.0.0.1',
      port: 0,
      isDevelopment: true,
      isIntrospectable: true,
      hasGraphiQL: true,
      limits: TEST_LIMITS,
      documents: { file: manifestOf(fixture.app), isOnlyTrusted: false },
      cacheSeconds: 0,
      hosts: [],
      corsOrigins: [],
      proxyHops: 0,
      drainTimeoutMs: 5000,
      logFormat: 'none',
      databaseUrl: reach(database.databaseUrl),
      // Where it matters how a pooler pools, LISTEN goes around it.
      ...(config.pooling && { databaseDirectUrl: database.databaseUrl }),
      databaseConnections: 10,
      statementTimeoutMs: 10_000,
      operationTimeoutMs: 60_000,
      services: Object.fromEntries(Object.entries(services.urls).map(([name, url]) => [name, { url, timeoutMs }])),
      maxPendingJobs: 1000,
      store: { directory: filesDir },
      uploadMaxBytes: 1_000_000_000,
      filesQuota: { maxBytes: 100_000_000_000, maxBytesPerOwner: 10_000_000_000, maxFilesPerOwner: 100_000 },
      timeZone: 'UTC',
      fetchAllowed: [],
      settings: fixture.settings,
      ...config,
    },
  );
  const request = async (query: string, variables: Record<string, unknown> = {}, init: RequestInit = {}) =>
    app.fetch(
      'http://gather/graphql',
      {
        ...init,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...init.headers },
        body: JSON.stringify({ query, variables }),
      },
      { viewer },
    );
  return {
    app,
    database,
    filesDir,
    services,
    request,
    query: async (...args) => (await request(...args)).json() as Promise<Answer>,
    cost: () => ({
      statements: database.statements(),
      requests: services.takeRequests(),
    }),
    close: async () => {
      await app.stop();
      await services.close();
      await database.drop();
      await rm(filesDir, { recursive: true });
      await assertNothingIsLeft();
    },
  };
}
