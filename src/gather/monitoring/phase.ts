import { type PhaseEvent, phases } from './channels.ts';
import type { Phase, Timing } from './timing.ts';
import { traced } from './traced.ts';

/** Runs a phase of an operation, up to the end of the promise if it returns one. Measures and publishes it. */
export function inPhase<T>(phase: Phase, timing: Timing, work: () => T): T {
  const event: PhaseEvent = { phase };
  const start = performance.now();
  const end = () => {
    timing.phases[phase] += performance.now() - start;
    phases.asyncEnd.publish(event);
  };
  return traced(phases.start, event, work, end);
}
