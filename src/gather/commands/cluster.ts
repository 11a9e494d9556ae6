import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClusterMetricsEndpoint } from '../http/metrics-endpoint.ts';
import type { Logger } from '../monitoring/log.ts';
import { reportFault } from '../monitoring/report-fault.ts';
import type { ServerConfig } from '../server-config.ts';
import { createSharedBuckets, relayPoints } from './cluster-points.ts';
import { sayStopping, toListenError } from './listen.ts';
import { listenToSignals, type Stopping, whenAborted } from './stopping.ts';

/** Told by a process that listens. */
interface Ready {
  url: string;
}

const READY_TIMEOUT_MS = 60_000;
/** A process that lived this long starts again at once. */
const STEADY_MS = 10_000;
const BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;
/** Added to the time that processes have to stop, before they are killed. */
const GRACE_MS = 10_000;

/** At a terminal, SIGHUP says that the terminal has ended; elsewhere, that the processes are to be replaced. */
const isAtTerminal = process.stdout.isTTY;

/** Listens to the signals that stop a server of several processes. */
export function listenToStopSignals(): Stopping {
  return listenToSignals(isAtTerminal ? undefined : ['SIGINT', 'SIGTERM']);
}

/**
 * Runs the server in several processes that share its port, until it is told to stop. A process that dies starts again,
 * after a delay that doubles while it does not live for ten seconds. SIGHUP replaces them one by one: the next starts
 * before the previous one drains. Ends at once, with code 1, if the first process ends before it listens.
 * @param onReady called with the URL once all processes listen
 */
export async function runProcesses(
  count: number,
  config: ServerConfig,
  log: Logger,
  stopping: Stopping,
  onReady: (url: string) => void,
): Promise<void> {
  relayPoints(config.limits);
  const processes = new Processes(log, stopping.stop);
  const metrics = config.metrics && createClusterMetricsEndpoint(config.metrics);
  const metricsUrl = await metrics?.start().catch((error) => {
    throw toListenError(error, config.host, 'METRICS_PORT');
  });
  const start = async () => {
    const url = await processes.start();
    // The others would fail for the same reason.
    if (url === undefined) return undefined;
    await Promise.all(Array.from({ length: count - 1 }, () => processes.startUntilStopped()));
    onReady(url);
    if (metricsUrl !== undefined) console.log(`Metrics: ${metricsUrl}`);
    return url;
  };
  const starting = start();
  let replacing: Promise<unknown> = starting;
  const replace = () => {
    replacing = replacing.then(() => processes.replace());
  };
  if (!isAtTerminal) process.on('SIGHUP', replace);
  if ((await starting) !== undefined) {
    await whenAborted(stopping.stop);
    sayStopping(config);
  } else if (!stopping.stop.aborted) {
    process.exitCode = 1;
  }
  await processes.stop(stopping, (config.shutdownDelayMs ?? 0) + config.drainTimeoutMs + GRACE_MS);
  await metrics?.stop();
}

/** In one of the processes: runs its server with what the processes share. */
export async function asOneOfMany(
  config: ServerConfig,
  run: (config: ServerConfig, onReady: (url: string) => void) => Promise<void>,
): Promise<void> {
  try {
    const onReady = (url: string) => void process.send?.({ url } satisfies Ready);
    await run({ ...config, buckets: createSharedBuckets(config.limits) }, onReady);
  } finally {
    cluster.worker?.disconnect();
  }
}

class Processes {
  readonly #log: Logger;
  readonly #stopping: AbortSignal;
  /** Those that are started again when they die. */
  readonly #serving = new Set<Worker>();
  /** Of processes that died young, one after the other. */
  #failures = 0;

  constructor(log: Logger, stopping: AbortSignal) {
    this.#log = log;
    this.#stopping = stopping;
  }

  /** Starts a process. @returns its URL once it listens; undefined if it ends or is too slow before */
  async start(): Promise<string | undefined> {
    const worker = cluster.fork();
    const url = await untilReady(worker);
    if (url === undefined) worker.process.kill('SIGKILL');
    else void this.#keep(worker);
    return url;
  }

  /** Starts a process, and tries again until it listens or the server is stopped. */
  async startUntilStopped(): Promise<void> {
    if ((await this.start()) === undefined) await this.#restart({});
  }

  async #keep(worker: Worker): Promise<void> {
    this.#serving.add(worker);
    const start = performance.now();
    const [code, signal] = await once(worker, 'exit');
    if (this.#stopping.aborted && code) process.exitCode = 1;
    if (!this.#serving.delete(worker)) return;
    this.#failures = performance.now() - start < STEADY_MS ? this.#failures + 1 : 0;
    // It reports its own crash, but not that it was killed, as for lack of memory.
    if (signal) reportFault(new Error(`A process of the server was ended by ${signal}.`));
    await this.#restart({ pid: worker.process.pid, code, signal });
  }

  async #restart(died: object): Promise<void> {
    while (!this.#stopping.aborted) {
      const delayMs = this.#failures && Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** (this.#failures - 1));
      this.#log.error({ ...died, delayMs }, 'A process of the server ended, or did not start: another one starts.');
      await sleep(delayMs, undefined, { signal: this.#stopping }).catch(() => {});
      if (this.#stopping.aborted || (await this.start()) !== undefined) return;
      this.#failures += 1;
    }
  }

  /** Replaces each process: the next one listens before the previous one drains. Ends if one does not start. */
  async replace(): Promise<void> {
    for (const old of [...this.#serving]) {
      if (!this.#serving.delete(old)) continue;
      const url = await this.start();
      // `stop` has told both of them: a second signal would cut off the requests of the previous one.
      if (this.#stopping.aborted) return;
      if (url === undefined) {
        if (old.isDead()) return this.#restart({ pid: old.process.pid });
        this.#serving.add(old);
        return this.#log.error('A new process of the server did not start: the previous ones go on.');
      }
      // Not SIGTERM: the others serve, so that no load balancer needs to look away.
      old.process.kill('SIGINT');
      if (!old.isDead()) await once(old, 'exit');
      if (this.#stopping.aborted) return;
    }
    this.#log.info('All processes of the server are new.');
  }

  /** Passes on the signal, and the second one, and kills the processes that have not ended in time. */
  async stop({ isOfManager, force }: Stopping, timeoutMs: number): Promise<void> {
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const kill = (signal: NodeJS.Signals) => {
      for (const { process } of workers) process.kill(signal);
    };
    const pass = () => kill(isOfManager ? 'SIGTERM' : 'SIGINT');
    const ended = Promise.all(workers.map((worker) => worker.isDead() || once(worker, 'exit')));
    const timer = setTimeout(() => kill('SIGKILL'), timeoutMs);
    force.addEventListener('abort', pass);
    pass();
    await ended;
    clearTimeout(timer);
  }
}

/** @returns undefined if the process does not listen in time */
async function untilReady(worker: Worker): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const timer = setTimeout(resolve, READY_TIMEOUT_MS);
  const onMessage = (message: Partial<Ready>) => message.url !== undefined && resolve(message.url);
  const onExit = () => resolve(undefined);
  worker.on('message', onMessage).once('exit', onExit);
  const url = await promise;
  worker.off('message', onMessage).off('exit', onExit);
  clearTimeout(timer);
  return url;
}
