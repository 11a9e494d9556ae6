export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** A promise of which nobody takes the result must not end the process if it rejects. */
export function settleUnseen(value: unknown): void {
  if (isPromiseLike(value)) value.then(ignore, ignore);
}

/** Also in lists of lists. */
export function settleAllUnseen(values: Iterable<unknown>): void {
  for (const value of values) {
    if (Array.isArray(value) || value instanceof Set) settleAllUnseen(value);
    else settleUnseen(value);
  }
}

function ignore(): void {}
