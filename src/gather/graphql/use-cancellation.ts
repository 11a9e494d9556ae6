import type { ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { AttachedProperty } from '../attached-property.ts';
import { Deadline } from '../concurrency/deadline.ts';
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
  const deadlines = new AttachedProperty<object, Deadline>();
  return {
    // Not in `onParams`: refused parameters have no result, so their lifetime would never end.
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
  return new GatherError(
    'DEADLINE_EXCEEDED',
    `The operation did not finish within ${timeoutMs / 1000} seconds (OPERATION_TIMEOUT_MS).`,
    {
      retryable: true,
    },
  );
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
