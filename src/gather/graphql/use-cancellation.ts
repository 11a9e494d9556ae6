import type { ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { CLIENT_LEFT, GatherError, toClientError } from '../errors.ts';

/** What this plugin adds to the context. */
export interface CancellationContext {
  /** Aborts when the client leaves, the deadline passes, or the response is complete. */
  signal: AbortSignal;
  /** Restarts the time to the deadline, for slow work that makes progress. */
  keepAlive: () => void;
  /** Aborts the operation for this reason. */
  stop: (reason: GatherError) => void;
}

const ANSWER_COMPLETE = new GatherError('CANCELLED', 'The answer was sent without this.');

/**
 * Gives each operation one signal and a deadline. Calls that are running when the signal aborts fail at once, so an
 * operation past its deadline responds with what it has. In incremental delivery the deadline applies to each part.
 * Subscriptions have none.
 */
export function useCancellation(timeoutMs: number): Plugin<CancellationContext> {
  const lifetimes = new WeakMap<object, Lifetime>();
  return {
    // Not in `onParams`: refused parameters have no result, so their lifetime would never end.
    onEnveloped({ context, extendContext }) {
      if (!context) return;
      const lifetime = new Lifetime(context.request.signal, timeoutMs);
      lifetimes.set(context, lifetime);
      extendContext({
        signal: lifetime.signal,
        keepAlive: () => lifetime.extend(),
        stop: (reason) => lifetime.end(reason),
      });
    },
    onSubscribe: ({ context }) => lifetimes.get(context)?.lift(),
    onExecutionResult({ result, context, setResult }) {
      const lifetime = lifetimes.get(context);
      if (!lifetime || !result) return;
      if (isAsyncIterable(result)) return setResult(untilEnd(result as AsyncIterable<ExecutionResult>, lifetime));
      lifetime.end();
      const { reason } = lifetime.signal;
      if (isDeadline(reason) && !Array.isArray(result)) setResult(withDeadline(result as ExecutionResult, reason));
    },
  };
}

class Lifetime {
  readonly #controller = new AbortController();
  readonly #request: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #isLifted = false;

  constructor(request: AbortSignal, timeoutMs: number) {
    this.#request = request;
    this.#timer = setTimeout(() => this.#controller.abort(deadlineExceeded(timeoutMs)), timeoutMs);
    request.addEventListener('abort', this.#onClientLeft);
    if (request.aborted) this.#onClientLeft();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Restarts the time to the deadline. */
  extend(): void {
    if (!this.signal.aborted && !this.#isLifted) this.#timer.refresh();
  }

  /** Removes the deadline. */
  lift(): void {
    this.#isLifted = true;
    clearTimeout(this.#timer);
  }

  /** Aborts all work that is still running. */
  end(reason = ANSWER_COMPLETE): void {
    clearTimeout(this.#timer);
    this.#request.removeEventListener('abort', this.#onClientLeft);
    this.#controller.abort(reason);
  }

  readonly #onClientLeft = () => {
    clearTimeout(this.#timer);
    this.#controller.abort(CLIENT_LEFT);
  };
}

async function* untilEnd(parts: AsyncIterable<ExecutionResult>, lifetime: Lifetime): AsyncGenerator<ExecutionResult> {
  try {
    for await (const part of parts) {
      yield part;
      lifetime.extend();
    }
  } finally {
    lifetime.end();
  }
}

function deadlineExceeded(timeoutMs: number): GatherError {
  return new GatherError('DEADLINE_EXCEEDED', `The operation did not finish within ${timeoutMs / 1000} seconds.`, {
    retryable: true,
  });
}

function isDeadline(reason: unknown): reason is GatherError {
  return reason instanceof GatherError && reason.code === 'DEADLINE_EXCEEDED';
}

/** Adds the error of the deadline, unless a field reports it already. */
function withDeadline(result: ExecutionResult, reason: GatherError): ExecutionResult {
  const errors = result.errors ?? [];
  const isReported = errors.some((error: GraphQLError) => error.extensions['code'] === reason.code);
  return isReported ? result : { ...result, errors: [...errors, toClientError(reason)] };
}
