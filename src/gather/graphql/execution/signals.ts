import type { GraphQLResolveInfoHelpers } from 'graphql';
import { ignore } from './promises.ts';

const helpers: GraphQLResolveInfoHelpers = {
  promiseAll: (values) => Promise.all(values),
  track: ignore,
};

/** What `info` offers to resolvers that work on their own: a signal that aborts when the execution ends. */
export class Signals {
  #controller: AbortController | undefined;
  #ended: { readonly reason: unknown } | undefined;

  readonly getAbortSignal = (): AbortSignal => {
    this.#controller ??= new AbortController();
    if (this.#ended) this.#controller.abort(this.#ended.reason);
    return this.#controller.signal;
  };

  readonly getAsyncHelpers = (): GraphQLResolveInfoHelpers => helpers;

  /** @param reason why it was aborted, if it was */
  end(reason?: unknown): void {
    this.#ended ??= { reason };
    this.#controller?.abort(reason);
  }
}
