/** Tests of applications, with any test runner. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionResult } from 'graphql';
import type { App } from '../app.ts';
import { schemasOf, toServerConfig } from '../commands/server-config.ts';
import { readConfig } from '../config.ts';
import { createServer, type Server } from '../server.ts';
import type { Role, Viewer } from '../viewer.ts';
import { createWorker } from '../worker.ts';
import { createTestDatabase } from './database.ts';
import { type RunningTestService, startTestService, type TestService } from './services.ts';
import { listenToStatements } from './statements.ts';

export { onCopy } from './on-copy.ts';
export { startTestPostgres, type TestPostgres } from './postgres.ts';
export { dead, fails, hangs, type TestRequest, type TestService } from './services.ts';

/** The result of an operation, loosely typed: tests assert its values. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of any shape
export type Answer = ExecutionResult<any, any>;

/** The sender of an operation. */
interface Asking {
  /** @default an anonymous viewer */
  viewer?: Viewer;
}

/** An application under test, with a database of its own and simulated services. Dispose of it. */
export interface TestApp extends AsyncDisposable {
  /** Runs an operation through the whole server, in this process. */
  query(text: string, variables?: Readonly<Record<string, unknown>>, asking?: Asking): Promise<Answer>;
  /** The number of statements and calls since the last call of this or of `sent`. */
  cost(): { statements: number; calls: number };
  /** The statements, and the paths and queries of calls, since the last call of this or of `cost`. */
  sent(): { statements: string[]; calls: string[] };
  /** Changes how a service behaves. */
  setService(name: string, behaviour: TestService): void;
  /** Runs a statement on the database without counting it. */
  ask<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Starts a worker for the application's jobs. It stops with the application. */
  startWorker(): Promise<void>;
  /** For requests of any kind, and to listen on a port. */
  server: Server;
  databaseUrl: string;
}

/** The setup of a test. */
export interface TestOptions {
  /** The behaviour of each service by its name. @default answers 404 */
  services?: Readonly<Record<string, TestService>> | undefined;
  /** Settings, as environment variables. @default those of development, without a log */
  environment?: Readonly<Record<string, string>>;
  /** Whether the database starts empty, without tables. @default false */
  isEmpty?: boolean;
}

const SUPERVISE_SECONDS = 1;
/** A viewer never runs out of points unless a test sets fewer. */
const ENVIRONMENT = { LOG: 'none', PORT: '0', COST_BUCKET: '1000000000', MAX_PENDING_JOBS: '1000' };

/**
 * Starts an application for a test: the whole server, a database of its own, and simulated services on loopback.
 *
 * ```ts
 * await using app = await startTestApp(library, { services: { ratings: hangs } });
 * const { data, errors } = await app.query('{ books { nodes { title } } }');
 * expect(app.cost()).toEqual({ statements: 1, calls: 0 });
 * ```
 *
 * Disposing of it throws if a request to a service or a connection to the database is still open.
 */
export async function startTestApp(app: App, options: TestOptions = {}): Promise<TestApp> {
  const config = readConfig(app, [], { ...ENVIRONMENT, ...options.environment });
  const statements: string[] = [];
  const calls: string[] = [];
  await using stack = new AsyncDisposableStack();
  const left: string[] = [];
  stack.defer(() => {
    if (left.length > 0) throw new Error(`The test left open: ${left.join(', ')}`);
  });

  const database = await createTestDatabase(app, schemasOf(config), options);
  stack.defer(async () => void left.push(...(await database.drop())));
  stack.defer(listenToStatements(database.name, (text) => statements.push(text)));
  const services = await startServices(app, options, (path) => calls.push(path));
  stack.defer(async () => {
    for (const service of Object.values(services)) left.push(...(await service.close()));
  });
  const filesDir = await mkdtemp(join(tmpdir(), 'gather-files-'));
  stack.defer(() => rm(filesDir, { recursive: true, force: true }));

  const urls = Object.fromEntries(Object.entries(services).map(([name, { url }]) => [name, url]));
  const serverConfig = { ...toServerConfig(app, config, database.databaseUrl, urls), store: { directory: filesDir } };
  const server = createServer(app, serverConfig);
  stack.defer(() => server.stop());
  const running = stack.move();

  const sent = () => ({ statements: statements.splice(0), calls: calls.splice(0) });
  return {
    query: async (query, variables = {}, { viewer = app.roles.nobody } = {}) => {
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify({ query, variables }) };
      const response = await server.fetch('http://gather/graphql', init, { viewer });
      return (await response.json()) as Answer;
    },
    sent,
    cost: () => {
      const { statements, calls } = sent();
      return { statements: statements.length, calls: calls.length };
    },
    setService: (name, behaviour) => {
      const service = services[name];
      if (!service) throw new Error(`Expected the name of a service, got "${name}".`);
      service.behaviour = behaviour;
    },
    ask: database.ask,
    startWorker: async () => {
      const worker = createWorker(app, {
        ...serverConfig,
        superviseSeconds: SUPERVISE_SECONDS,
      });
      running.defer(() => worker.stop());
      await worker.start();
    },
    server,
    databaseUrl: database.databaseUrl,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** A signed-in viewer. @param owner the value of the owner column in their rows */
export function signedIn(role: Role, owner = 'user:test'): Viewer {
  return { role, user: { owner, email: null, name: owner }, sessionId: null };
}

async function startServices(
  { services }: App,
  options: TestOptions,
  onRequest: (path: string) => void,
): Promise<Record<string, RunningTestService>> {
  const all = Object.keys(services).map(async (name) => {
    const behaviour = options.services?.[name] ?? (() => undefined);
    return [name, await startTestService(behaviour, onRequest)] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}
