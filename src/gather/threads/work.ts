/** A synchronous function that a thread can run: the default export of a module of its own. */
export interface Work<Input, Result> {
  (input: Input): Result;
  /** The URL of its module, from which a thread loads it. */
  readonly url: string;
}

/**
 * Work from its code. What it takes and gives is copied from thread to thread, as `structuredClone` would.
 * @example
 * // src/threads/square.ts
 * export default defineWork(import.meta.url, (side: number) => side ** 2);
 */
export function defineWork<Input, Result>(url: string, run: (input: Input) => Result): Work<Input, Result> {
  return Object.assign(run, { url });
}
