import { once } from 'node:events';

/** How the program is asked to end. */
export interface Stopping {
  /** Aborts at the first signal to end: finish what is under way, then end. */
  stop: AbortSignal;
  /** Aborts at the second: end without finishing, but cleanly. */
  hurry: AbortSignal;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on a Ctrl-C that the terminal sends to both: what follows the first signal this soon is the same one. */
const SAME_SIGNAL_MS = 200;

/** Listens to Ctrl-C, to SIGTERM and to the terminal's end, from now until the process ends. */
export function listenToSignals(): Stopping {
  const stop = new AbortController();
  const hurry = new AbortController();
  let hurryFrom = Number.POSITIVE_INFINITY;
  const onSignal = (_name: string, number?: number) => {
    // Without a number it comes of a crash, in this process: that does not cut off what is under way.
    if (number !== undefined && performance.now() > hurryFrom) return hurry.abort();
    if (stop.signal.aborted) return;
    hurryFrom = performance.now() + SAME_SIGNAL_MS;
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return { stop: stop.signal, hurry: hurry.signal };
}

/** Resolves when the signal aborts. */
export async function whenAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
