import type { ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { CLIENT_LEFT, GatherError, toClientError } from '../errors.ts';

/** What this plugin adds to the context. */
export interface CancellationContext {
  /** Aborts when the client leaves, the deadline passes, or the answer is complete. */
  signal: AbortSignal;
  /** Starts the time to the deadline anew: for what is slow and makes progress. */
  keepAlive: () => void;
  /** Stops all work under way, for this reason. */
  stop: (reason: GatherError) => void;
}

const ANSWER_COMPLETE = new GatherError('CANCELLED', 'The answer was sent without this.');

/**
 * Gives each operation one signal, and keeps its deadline. What is still under way when it aborts fails at once, so
 * that an operation past its deadline answers with what it has. An answer in parts has the deadline for each part. A
 * subscription has none: it waits for as long as its client does.
 */
export function useCancellation(timeoutMs: number): Plugin<CancellationContext> {
  const lifetimes = new WeakMap<object, Lifetime>();
  return {
    // Not in `onParams`: parameters that are refused there have no result, and so would have no end.
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

  /** Starts the time anew. */
  extend(): void {
    if (!this.signal.aborted && !this.#isLifted) this.#timer.refresh();
  }

  /** Ends the deadline. */
  lift(): void {
    this.#isLifted = true;
    clearTimeout(this.#timer);
  }

  /** Stops all work still under way. */
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
  return new GatherError('DEADLINE_EXCEEDED', `The operation was not done within ${timeoutMs / 1000} seconds.`, {
    retryable: true,
  });
}

function isDeadline(reason: unknown): reason is GatherError {
  return reason instanceof GatherError && reason.code === 'DEADLINE_EXCEEDED';
}

/** Says that the deadline passed, also where all fields that failed of it could be answered without an error. */
function withDeadline(result: ExecutionResult, reason: GatherError): ExecutionResult {
  const errors = result.errors ?? [];
  const isSaid = errors.some((error: GraphQLError) => error.extensions['code'] === reason.code);
  return isSaid ? result : { ...result, errors: [...errors, toClientError(reason)] };
}
