import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';

/** The header of a response that names its request. */
export const REQUEST_ID = 'x-request-id';

const ids = new AsyncLocalStorage<string>();

/** Runs `work` under a new ID, by which the log lines of one request are found. */
export function withRequestId<T>(work: (id: string) => T): T {
  const id = randomUUID();
  return ids.run(id, work, id);
}

/** Answers each request under a new ID, which the response names. */
export function identified(answer: RequestListener): RequestListener {
  return (request, response) =>
    withRequestId((id) => {
      response.setHeader(REQUEST_ID, id);
      answer(request, response);
    });
}

/** The ID of the current request; undefined outside of one. */
export function requestId(): string | undefined {
  return ids.getStore();
}

/**
 * Runs each step of the generator in this request's async context, which a socket event that pulls it does not have.
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
