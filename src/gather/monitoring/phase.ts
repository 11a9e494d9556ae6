import { type PhaseEvent, phases } from './channels.ts';
import type { Phase, Timing } from './timing.ts';

/** Runs a phase of an operation, up to the end of the promise if it returns one. Measures and publishes it. */
export function inPhase<T>(phase: Phase, timing: Timing, work: () => T): T {
  const event: PhaseEvent = { phase };
  const start = performance.now();
  const end = () => {
    timing.phases[phase] += performance.now() - start;
    phases.asyncEnd.publish(event);
  };
  let isAsync = false;
  try {
    const result = phases.start.runStores(event, work);
    isAsync = result instanceof Promise;
    if (isAsync) (result as Promise<unknown>).then(end, end);
    return result;
  } finally {
    if (!isAsync) end();
  }
}
