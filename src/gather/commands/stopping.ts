import { once } from 'node:events';

/** The signals that stop the program. */
export interface Stopping {
  /** Aborts at the first signal: finish work under way, then end. */
  stop: AbortSignal;
  /** Aborts at the second signal: end cleanly, without finishing work. */
  force: AbortSignal;
  /**
   * Whether the first signal was SIGTERM. Then a load balancer may send requests until it sees that the server is not ready;
   * a person at a terminal need not wait for that.
   */
  readonly isOfManager: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm forwards a Ctrl-C that the terminal sends to both processes: a signal this soon after the first is its duplicate. */
const SAME_SIGNAL_MS = 200;

/**
 * Listens to Ctrl-C, SIGTERM and the end of the terminal, until the process ends.
 * @param signals that stop the program
 */
export function listenToSignals(signals: readonly NodeJS.Signals[] = SIGNALS): Stopping {
  const stop = new AbortController();
  const force = new AbortController();
  let forceFrom = Number.POSITIVE_INFINITY;
  let isOfManager = false;
  const onSignal = (name: string, number?: number) => {
    // A signal without a number was emitted after an uncaught error, and must not cut off work under way.
    if (number !== undefined && performance.now() > forceFrom) return force.abort();
    if (stop.signal.aborted) return;
    isOfManager = name === 'SIGTERM' && number !== undefined;
    forceFrom = performance.now() + SAME_SIGNAL_MS;
    stop.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    stop: stop.signal,
    force: force.signal,
    get isOfManager() {
      return isOfManager;
    },
  };
}

/** Runs a command until it ends or is stopped. @throws what it throws, unless that is the reason of `stop` */
export async function untilStopped(stopping: Stopping, work: (stopping: Stopping) => Promise<void>): Promise<void> {
  try {
    await work(stopping);
  } catch (error) {
    if (error !== stopping.stop.reason) throw error;
  }
}

/** Resolves when the signal aborts. */
export async function whenAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
