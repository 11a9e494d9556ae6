import { type Config, isTraced } from '../config.ts';
import { createRedaction } from '../monitoring/redaction.ts';
import { withPackage } from '../packages.ts';
import { secretsIn } from './server-config.ts';

/** How traces name the program, unless the environment does. */
const SERVICE_NAME = 'gather';

/**
 * Starts the traces and the reports of faults that the settings ask for; their packages are loaded only then. Call it
 * before anything that is to be traced. Disposing of it sends what is left.
 * @throws MissingPackageError
 */
export async function startMonitoring(config: Config): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  stack.use(await startTraces(config));
  stack.use(await startReports(config));
  return stack.move();
}

/** Starts the reports of faults only, for a process that has nothing to trace. @throws as {@link startMonitoring} */
export async function startReports(config: Config): Promise<AsyncDisposable | undefined> {
  const { SENTRY_DSN: dsn, SENTRY_ENVIRONMENT: environment = config.NODE_ENV, SENTRY_RELEASE: release } = config;
  if (!dsn) return undefined;
  const { startSentry } = await withPackage(import('../monitoring/tracing/sentry.ts'));
  return startSentry({ dsn, environment, release, redact: createRedaction(secretsIn(config)) });
}

async function startTraces(config: Config): Promise<AsyncDisposable | undefined> {
  if (!isTraced(config)) return undefined;
  const { startTracing } = await withPackage(import('../monitoring/tracing/tracing.ts'));
  const isNamedByAttribute = /(^|,)service\.name=/.test(config.OTEL_RESOURCE_ATTRIBUTES ?? '');
  const serviceName = config.OTEL_SERVICE_NAME || (isNamedByAttribute ? undefined : SERVICE_NAME);
  return startTracing({ serviceName, redact: createRedaction(secretsIn(config)) });
}
