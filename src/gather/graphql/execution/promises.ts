export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** For a value that nobody takes: promises in it must not end the process if they reject. */
export function ignore(value: unknown): void {
  if (isPromiseLike(value)) value.then(ignore, () => {});
  else if (Array.isArray(value) || value instanceof Set) for (const element of value) ignore(element);
}
