import { AttachedProperty } from '../attached-property.ts';
import { type Call, calls } from '../calls.ts';

/** The phases of an operation, in order. */
export const PHASES = ['parse', 'validate', 'context', 'execute'] as const;
export type Phase = (typeof PHASES)[number];

/** Further calls are only counted and summed up. */
const MAX_CALLS = 1000;

/** The timing of one operation. Starts count from the arrival of the request. */
export interface TimingReport {
  unit: 'ms';
  phases: Record<Phase, number>;
  calls: { kind: string; name: string; keys: number; start: number; duration: number; outcome: string }[];
  /** From the arrival of the request to the complete result. */
  elapsed: number;
  /** The sum of the calls' durations. */
  sequential: number;
}

/** Collects the timing of one operation. */
export class Timing {
  readonly arrival: number;
  /** The durations of the phases, in milliseconds. */
  readonly phases: Record<Phase, number> = { parse: 0, validate: 0, context: 0, execute: 0 };
  /** The first 1,000 calls. */
  readonly calls: Call[] = [];
  /** The number of calls. */
  count = 0;
  #sequential = 0;

  /** @param arrival `performance.now()` when the request arrived */
  constructor(arrival: number) {
    this.arrival = arrival;
  }

  /** Records a call. A subscription may make any number. */
  add(call: Call): void {
    this.count++;
    this.#sequential += call.duration;
    if (this.calls.length < MAX_CALLS) this.calls.push(call);
  }

  get elapsed(): number {
    return performance.now() - this.arrival;
  }

  /** The timing so far, for clients. */
  report(): TimingReport {
    return {
      unit: 'ms',
      phases: {
        parse: round(this.phases.parse),
        validate: round(this.phases.validate),
        context: round(this.phases.context),
        execute: round(this.phases.execute),
      },
      calls: this.calls.map(({ kind, name, keys, start, duration, outcome }) => ({
        kind,
        name,
        keys,
        start: round(start - this.arrival),
        duration: round(duration),
        outcome,
      })),
      elapsed: round(this.elapsed),
      sequential: round(this.#sequential),
    };
  }
}

const timings = new AttachedProperty<AbortSignal, Timing>();

/** Records the calls with this signal in this timing. */
export function collectCalls(signal: AbortSignal, timing: Timing): void {
  timings.set(signal, timing);
}

/** Starts to record calls in the timings of their operations. @returns stops it */
export function listenToCalls(): () => void {
  const listener = (message: unknown) => {
    const call = message as Call;
    timings.get(call.signal)?.add(call);
  };
  calls.subscribe(listener);
  return () => calls.unsubscribe(listener);
}

/** Rounds to microseconds. */
export function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
