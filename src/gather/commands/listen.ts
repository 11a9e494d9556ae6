import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../app.ts';
import { createServer, type Server } from '../server.ts';
import type { ServerConfig } from '../server-config.ts';
import { CommandError } from './command.ts';
import { type Stopping, whenAborted } from './stopping.ts';

/**
 * Runs the server until it is told to stop.
 * @param onListening called with the URL once `/ready` answers that the server can serve
 * @throws CommandError if the address is taken or is not one of this machine, or the server cannot serve
 */
export async function listenUntilStopped(
  app: App,
  config: ServerConfig,
  stopping: Stopping,
  onListening: (url: string) => void,
): Promise<void> {
  const { stop, force } = stopping;
  const server = createServer(app, config);
  try {
    const { url, metricsUrl } = await server.start().catch((error) => {
      throw toListenError(error, config.host, portSetting(error, config));
    });
    await assertAnswersReady(server, url);
    onListening(url);
    if (metricsUrl !== undefined) console.log(`Metrics: ${metricsUrl}`);
    await whenAborted(stop);
    server.retire();
    if (cluster.isPrimary) sayStopping(config);
    if (stopping.isOfManager) await sleep(config.shutdownDelayMs, undefined, { signal: force }).catch(() => {});
  } finally {
    await server.stop(force);
  }
}

/** Tells how long the requests under way have. */
export function sayStopping({ drainTimeoutMs }: Pick<ServerConfig, 'drainTimeoutMs'>): void {
  const seconds = drainTimeoutMs / 1000;
  console.log(`\nStopping: requests under way have ${seconds} seconds. Ctrl-C again to cut them off.`);
}

/** The setting of the port that an error is about. */
export function portSetting({ port }: { port?: number }, { metrics }: Pick<ServerConfig, 'metrics'>): string {
  return metrics && port === metrics.port ? 'METRICS_PORT' : 'PORT';
}

async function assertAnswersReady(server: Server, url: string): Promise<void> {
  const response = await server.fetch(`${url}/ready`);
  if (response.ok) return;
  const { reason } = (await response.json()) as { reason: string };
  throw new CommandError(`The server cannot serve: ${reason}`);
}

/**
 * Explains why a server could not listen. Returns other errors unchanged.
 * @param setting the name of the port's setting
 */
export function toListenError(error: NodeJS.ErrnoException & { port?: number }, host: string, setting: string): Error {
  const { code, port } = error;
  if (code === 'EADDRINUSE') {
    return new CommandError(
      `Port ${port} on ${host} is taken. Set ${setting} to another one, or to 0 for any that is free.`,
    );
  }
  if (code === 'EACCES') {
    return new CommandError(`This user may not listen on port ${port}. Set ${setting} to another one.`);
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new CommandError(`HOST is ${host}, which is not an address of this machine.`);
  }
  return error;
}
