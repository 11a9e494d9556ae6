import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { Hide } from './hide-values.ts';

/** The header of a response that names its request. */
export const REQUEST_ID = 'x-request-id';

/** https://www.w3.org/TR/trace-context/#traceparent-header; later versions may append fields. */
const TRACEPARENT =
  /^(?:00(?=.{53}$)|(?!00|ff)[\da-f]{2}(?=.{53}(?:-|$)))-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}/;

/** What is known of a request everywhere. */
interface RequestIds {
  /** By which its log lines are found. */
  id: string;
  /** `performance.now()` when it arrived. */
  arrival: number;
  /** Of the trace that the client's `traceparent` header names. */
  traceId: string | undefined;
  /** Removes the values of its operation from a text. */
  hide?: Hide;
}

const ids = new AsyncLocalStorage<RequestIds>();

/** The trace of the span that is active here. Traces set it while they are on. */
let readActiveTraceId: () => string | undefined = () => undefined;

/** Runs `work` under a new ID, by which the log lines of one request are found. */
export function withRequestId<T>(work: (id: string) => T, traceparent = ''): T {
  const id = randomUUID();
  return ids.run({ id, arrival: performance.now(), traceId: TRACEPARENT.exec(traceparent)?.[1] }, work, id);
}

/** Answers each request under a new ID, which the response names. */
export function identified(answer: RequestListener): RequestListener {
  return (request, response) =>
    withRequestId(
      (id) => {
        response.setHeader(REQUEST_ID, id);
        answer(request, response);
      },
      `${request.headers['traceparent'] ?? ''}`,
    );
}

/** The ID of the current request; undefined outside of one. */
export function requestId(): string | undefined {
  return ids.getStore()?.id;
}

/** `performance.now()` when the current request arrived; outside of one, the present. */
export function arrival(): number {
  return ids.getStore()?.arrival ?? performance.now();
}

/** The current trace; without traces, the one that the client of the request named, if it did. */
export function traceId(): string | undefined {
  return readActiveTraceId() ?? ids.getStore()?.traceId;
}

/** Sets how the trace of the active span is read. @returns sets it back */
export function setActiveTraceId(read: () => string | undefined): () => void {
  const before = readActiveTraceId;
  readActiveTraceId = read;
  return () => {
    readActiveTraceId = before;
  };
}

/** Removes the values of the current request's operation from a text, once they are known. */
export function hideInRequest(): Hide {
  return ids.getStore()?.hide ?? ((text) => text);
}

/** Sets what removes the values of the current request's operation from a text. */
export function setHideInRequest(hide: Hide): void {
  const request = ids.getStore();
  if (request) request.hide = hide;
}

/** Runs `work` as no part of the current request, so that its lines do not have its ID. */
export function outsideOfRequest<T>(work: () => T): T {
  return ids.exit(work);
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
