import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';

/** The header of a response that names its request. */
export const REQUEST_ID = 'x-request-id';

const ids = new AsyncLocalStorage<string>();

/** Gives what happens in `work` an ID of its own, by which the log's lines of one request are found. */
export function withRequestId<T>(work: (id: string) => T): T {
  const id = randomUUID();
  return ids.run(id, work, id);
}

/** Answers each request under an ID of its own, which its response names. */
export function identified(answer: RequestListener): RequestListener {
  return (request, response) =>
    withRequestId((id) => {
      response.setHeader(REQUEST_ID, id);
      answer(request, response);
    });
}

/** The ID of the request that is being answered here; undefined outside of any. */
export function requestId(): string | undefined {
  return ids.getStore();
}

/**
 * Runs each step of the generator in this request's async context, which a reader of the stream may not have: a socket
 * that has room again, or that has closed.
 */
export function inThisRequest<Part>(parts: AsyncGenerator<Part, void, void>): AsyncGenerator<Part, void, void> {
  const run = AsyncLocalStorage.snapshot();
  return {
    next: () => run(() => parts.next()),
    return: () => run(() => parts.return()),
    throw: (error) => run(() => parts.throw(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: () => run(() => parts[Symbol.asyncDispose]()),
  };
}
