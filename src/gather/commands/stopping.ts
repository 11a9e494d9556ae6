import { once } from 'node:events';

/** How the program is asked to end. */
export interface Stopping {
  /** Aborts at the first signal to end: finish what is under way, then end. */
  stop: AbortSignal;
  /** Aborts at the second: end without finishing, but cleanly. */
  force: AbortSignal;
  /**
   * Whether the first signal was SIGTERM: a process manager asks, and may have put something in front that sends requests
   * here until it sees that the server is not ready. A person at a terminal waits for nobody.
   */
  readonly isOfManager: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on a Ctrl-C that the terminal sends to both: what follows the first signal this soon is the same one. */
const SAME_SIGNAL_MS = 200;

/** Listens to Ctrl-C, to SIGTERM and to the terminal's end, from now until the process ends. */
export function listenToSignals(): Stopping {
  const stop = new AbortController();
  const force = new AbortController();
  let hurryFrom = Number.POSITIVE_INFINITY;
  let isOfManager = false;
  const onSignal = (name: string, number?: number) => {
    // A signal without a number comes from a crash in this process, which does not cut off work under way.
    if (number !== undefined && performance.now() > hurryFrom) return force.abort();
    if (stop.signal.aborted) return;
    isOfManager = name === 'SIGTERM' && number !== undefined;
    hurryFrom = performance.now() + SAME_SIGNAL_MS;
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    stop: stop.signal,
    force: force.signal,
    get isOfManager() {
      return isOfManager;
    },
  };
}

/** Resolves when the signal aborts. */
export async function whenAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
