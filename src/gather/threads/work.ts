/** A function that a thread can run: the default export of a module of its own. */
export interface Work<Input, Result> {
  (input: Input): Result;
  /** The URL of its module, which a thread imports. */
  readonly url: string;
}

/**
 * Defines work. Its input and result are copied between threads, as by `structuredClone`.
 * @example
 * // src/threads/square.ts
 * export default defineWork(import.meta.url, (side: number) => side ** 2);
 */
export function defineWork<Input, Result>(url: string, run: (input: Input) => Result): Work<Input, Result> {
  return Object.assign(run, { url });
}
