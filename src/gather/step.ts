/** A step of work that a person waits for at a terminal, as it is told at its start, on its way and at its end. */
export interface Step {
  what: string;
  /** Progress or result: `1,000 books`. */
  detail?: string | undefined;
  /** How long it took; absent while it is under way. */
  ms?: number | undefined;
}

/** Told of each {@link Step}. Calls with the same `what` and no `ms` yet speak of the same step. */
export type OnStep = (step: Step) => void;

/**
 * Does `work` as one step: told when it begins, whenever `work` reports, and when it has ended well.
 * What was reported last stands beside the duration.
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
