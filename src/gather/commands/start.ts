import type { App } from '../app.ts';
import { assertFits } from '../check.ts';
import type { ServerConfig } from '../server-config.ts';
import { inStep } from '../step.ts';
import { createWorker } from '../worker.ts';
import type { Command } from './command.ts';
import { listenUntilStopped } from './listen.ts';
import { startMonitoring } from './monitoring.ts';
import { showStep } from './steps.ts';
import { listenToSignals, type Stopping, untilStopped } from './stopping.ts';
import { configIn, SURROUNDINGS_OPTIONS, startSurroundings, surroundingsSettings } from './surroundings.ts';
import { welcome } from './welcome.ts';

/** Everything for a first look, in one process. */
export const start = (app: App): Command => ({
  summary: 'runs everything: PostgreSQL, sample data, the example services, a worker and the server.',
  help: `Sets up an embedded PostgreSQL with sample data and, in development, sample accounts. Changes nothing in the
database of DATABASE_URL, unless told to:`,
  options: SURROUNDINGS_OPTIONS,
  settings: surroundingsSettings(app),

  run: (config, { options }) =>
    untilStopped(listenToSignals(), async (stopping) => {
      await using stack = new AsyncDisposableStack();
      stack.use(await startMonitoring(config));
      console.log('Gather starts:');
      const surroundings = await startSurroundings(app, config, options, stopping.stop, stack);
      const serverConfig = configIn(surroundings, app, config);
      if (surroundings.engineAccess === 'write') {
        // One process, one set of metrics: the server's.
        await startWorker(app, { ...serverConfig, metrics: undefined }, stopping, stack);
      } else {
        await assertFits(app, serverConfig.databaseUrl, serverConfig, stopping.stop);
      }
      await listenUntilStopped(app, serverConfig, stopping, (url) => console.log(welcome(app, url, surroundings)));
    }),
});

/** Stops together with the server, so that jobs and requests finish in the same time. */
async function startWorker(
  app: App,
  config: ServerConfig,
  { stop, force }: Stopping,
  stack: AsyncDisposableStack,
): Promise<void> {
  const worker = createWorker(app, config);
  stack.defer(() => worker.stop(force));
  await inStep(showStep, 'worker', () => worker.start());
  stop.addEventListener('abort', () => void worker.stop(force).catch(() => {}), { once: true });
}
