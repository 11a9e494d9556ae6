import { type Call, calls } from '../calls.ts';

/** The steps of an operation, in their order. */
export const PHASES = ['parse', 'validate', 'context', 'execute'] as const;
export type Phase = (typeof PHASES)[number];

/** Of more calls than these only their number and their time are kept. */
const MAX_CALLS = 1000;

/** Where the time of one operation went. All times are milliseconds, all starts count from its arrival. */
export interface TimingReport {
  unit: 'ms';
  phases: Record<Phase, number>;
  calls: { kind: string; name: string; keys: number; start: number; duration: number; outcome: string }[];
  /** From the arrival of the request to the complete result. */
  elapsed: number;
  /** What the calls would have taken one after another. */
  sequential: number;
}

/** Collects where the time of one operation goes. */
export class Timing {
  readonly arrival: number;
  readonly phases: Record<Phase, number> = { parse: 0, validate: 0, context: 0, execute: 0 };
  /** The first of them. */
  readonly calls: Call[] = [];
  /** How many there were. */
  count = 0;
  #sequential = 0;
  /** How long the phases took that ended inside the one under way. */
  #inside = 0;

  /** @param arrival `performance.now()` when the request arrived */
  constructor(arrival: number) {
    this.arrival = arrival;
  }

  /**
   * Starts to measure a phase. The time of one that begins and ends inside another is not that one's too, so that all
   * phases together are never longer than the operation.
   * @returns to be called when it is over
   */
  begin(phase: Phase): () => void {
    const start = performance.now();
    const before = this.#inside;
    this.#inside = 0;
    return () => {
      const duration = performance.now() - start;
      this.phases[phase] += duration - this.#inside;
      this.#inside = before + duration;
    };
  }

  /** Notes a call. Of a subscription there may be any number. */
  add(call: Call): void {
    this.count++;
    this.#sequential += call.duration;
    if (this.calls.length < MAX_CALLS) this.calls.push(call);
  }

  get elapsed(): number {
    return performance.now() - this.arrival;
  }

  /** What was collected so far, for clients. */
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

const timings = new WeakMap<AbortSignal, Timing>();

/** Gives the calls that are made with this signal to this timing. */
export function collectCalls(signal: AbortSignal, timing: Timing): void {
  timings.set(signal, timing);
}

/** Starts to hand out calls to the timings of their operations. @returns to be called to stop it */
export function listenToCalls(): () => void {
  const listener = (message: unknown) => {
    const call = message as Call;
    timings.get(call.signal)?.add(call);
  };
  calls.subscribe(listener);
  return () => calls.unsubscribe(listener);
}

/** To the microsecond. */
export function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
