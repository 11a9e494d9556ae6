import type { ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { Deadline } from '../concurrency/deadline.ts';
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
  const deadlines = new WeakMap<object, Deadline>();
  return {
    // Not in `onParams`: parameters that are refused there have no result, and so would have no end.
    onEnveloped({ context, extendContext }) {
      if (!context) return;
      const deadline = new Deadline(timeoutMs, () => deadlineExceeded(timeoutMs));
      deadline.endWith(context.request.signal, CLIENT_LEFT);
      deadlines.set(context, deadline);
      extendContext({
        signal: deadline.signal,
        keepAlive: () => deadline.extend(),
        stop: (reason) => deadline.end(reason),
      });
    },
    onSubscribe: ({ context }) => deadlines.get(context)?.lift(),
    onExecutionResult({ result, context, setResult }) {
      const deadline = deadlines.get(context);
      if (!deadline || !result) return;
      if (isAsyncIterable(result)) return setResult(untilEnd(result as AsyncIterable<ExecutionResult>, deadline));
      deadline.end(ANSWER_COMPLETE);
      const { reason } = deadline.signal;
      if (isDeadline(reason) && !Array.isArray(result)) setResult(withDeadline(result as ExecutionResult, reason));
    },
  };
}

async function* untilEnd(parts: AsyncIterable<ExecutionResult>, deadline: Deadline): AsyncGenerator<ExecutionResult> {
  try {
    for await (const part of parts) {
      yield part;
      deadline.extend();
    }
  } finally {
    deadline.end(ANSWER_COMPLETE);
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
