/** The report of a step of work that a person waits for at a terminal. */
export interface Step {
  what: string;
  /** Progress or result: `1,000 books`. */
  detail?: string | undefined;
  /** How long it took; undefined while it is running. */
  ms?: number | undefined;
}

/** Called with each report. Reports with the same `what` belong to the same step, until one has `ms`. */
export type OnStep = (step: Step) => void;

/**
 * Runs `work` as one step, and reports its start, its progress and, if it succeeds, its end. The last report repeats the
 * latest detail beside the duration.
 */
export async function inStep<T>(
  onStep: OnStep,
  what: string,
  work: (report: (detail: string) => void) => Promise<T>,
): Promise<T> {
  const start = performance.now();
  let last: string | undefined;
  onStep({ what });
  const result = await work((detail) => {
    last = detail;
    onStep({ what, detail });
  });
  onStep({ what, detail: last, ms: performance.now() - start });
  return result;
}
