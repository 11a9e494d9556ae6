import inspector from 'node:inspector';
import type { App } from '../../app.ts';
import { assertFits } from '../../check.ts';
import type { Config } from '../../config.ts';
import { createServer } from '../../server.ts';
import { createWorker } from '../../worker.ts';
import { assertServable } from '../access.ts';
import { NotMigratedError } from '../assert-ready.ts';
import { type Command, CommandError } from '../command.ts';
import { portSetting, toListenError } from '../listen.ts';
import { bringUpToDate } from '../migrate.ts';
import { startMonitoring } from '../monitoring.ts';
import { schemasOf } from '../server-config.ts';
import { listenToSignals, type Stopping, untilStopped, whenAborted } from '../stopping.ts';
import { configIn, type Surroundings } from '../surroundings.ts';
import { type Message, received } from './messages.ts';
import { importedPackages } from './packages.ts';

const INSPECTOR_PORT = 9229;
const INSPECTOR_HOST = '127.0.0.1';
/** How long requests and jobs under way may delay the next version. */
const FINISH_MS = 500;

/** The server and the worker of `dev`, in a process that `dev` starts and replaces. */
export const devServer = (app: App): Command => ({
  summary: 'runs the server and the worker of `dev`.',
  isInternal: true,
  settings: {},

  async run(config) {
    if (!process.send) throw new CommandError('Only `dev` starts this command.');
    try {
      await using _monitoring = await startMonitoring(config);
      await untilStopped(listenToParent(), (stopping) => serveOnRequest(app, config, stopping));
    } finally {
      // The connection to `dev` would keep the process alive.
      if (process.connected) process.disconnect?.();
    }
  },
});

async function serveOnRequest(app: App, config: Config, { stop, force }: Stopping): Promise<void> {
  const check = received(process, 'check');
  send({ type: 'loaded' });
  const { surroundings, port } = await check;
  const checking = assertCanRun(app, config, surroundings, stop);
  // If the server cannot even be created, that is the error to show.
  checking.catch(() => {});

  await using stack = new AsyncDisposableStack();
  const serverConfig = { ...configIn(surroundings, app, config), ...(port !== undefined && { port }) };
  const server = createServer(app, serverConfig);
  const worker =
    surroundings.engineAccess === 'write' ? createWorker(app, { ...serverConfig, metrics: undefined }) : undefined;
  stack.defer(async () => {
    const released = server.stop(force).then(() => send({ type: 'released' }));
    await Promise.all([released, worker?.stop(force)]);
  });
  const listen = received(process, 'listen');
  await checking;
  send({ type: 'checked' });
  const { hasInspector } = await listen;
  const { url } = await server.start().catch((error) => {
    throw toListenError(error, config.HOST, portSetting(error, serverConfig));
  });
  if (hasInspector) {
    inspector.open(INSPECTOR_PORT, INSPECTOR_HOST);
    // Before the server stops, so that the next version can open its own.
    stack.defer(() => inspector.close());
  }
  send({ type: 'listening', url, packages: importedPackages() });
  await worker?.start();
  await whenAborted(stop);
}

/** A new migration of the program is run in the embedded database, which is Gather's own. */
async function assertCanRun(
  app: App,
  config: Config,
  { databaseUrl, isEmbedded, engineAccess }: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  const expected = { ...schemasOf(config), hasEngineTables: engineAccess !== 'none' };
  const find = () =>
    Promise.allSettled([
      assertServable(app, databaseUrl, config, signal),
      assertFits(app, databaseUrl, expected, signal),
    ]);
  let results = await find();
  if (isEmbedded && results[0].status === 'rejected' && results[0].reason instanceof NotMigratedError) {
    await bringUpToDate(app, databaseUrl, config, signal);
    results = await find();
  }
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Stops on signals, and when `dev` says so or ends. What is under way then has half a second. */
function listenToParent(): Stopping {
  const signals = listenToSignals();
  const finished = new AbortController();
  const end = () => {
    process.emit('SIGTERM', 'SIGTERM');
    setTimeout(() => finished.abort(), FINISH_MS).unref();
  };
  process.once('disconnect', end);
  void received(process, 'stop').then(end);
  return { stop: signals.stop, force: AbortSignal.any([signals.force, finished.signal]), isOfManager: false };
}

function send(message: Message): void {
  if (process.connected) process.send?.(message);
}
