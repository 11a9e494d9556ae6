import type { ExecutionResult } from 'graphql';
import { onAbort } from '../../abort.ts';
import { Deadline } from '../../concurrency/deadline.ts';
import { CLIENT_LEFT, GatherError, toClientError } from '../../errors.ts';
import type { ServerContext } from '../../http/server-context.ts';

/** Why the calls that are still running at the end of an operation are cancelled. */
export const ANSWER_COMPLETE = new GatherError('CANCELLED', 'The answer was sent without this.');

/**
 * Creates the deadline of an operation, which also ends when its client leaves. Calls that are running at the end fail at
 * once, so that the operation responds with what it has.
 */
export function createDeadline(request: Request, { res }: ServerContext, timeoutMs: number): Deadline {
  const deadline = new Deadline(timeoutMs, () => deadlineExceeded(timeoutMs));
  const { signal } = request;
  const leave = () => deadline.end(CLIENT_LEFT);
  if (res ? res.closed : signal.aborted) leave();
  else if (res) res.once('close', leave);
  else {
    // A caller in this process may use its signal for other requests: no listener stays on it.
    signal.addEventListener('abort', leave);
    onAbort(deadline.signal, () => signal.removeEventListener('abort', leave));
  }
  return deadline;
}

/** Adds the error of a deadline that has passed, unless a field reports it already. */
export function withDeadline(result: ExecutionResult, { signal }: Deadline): ExecutionResult {
  const { reason } = signal;
  if (!isDeadline(reason)) return result;
  const { errors = [] } = result;
  const isReported = errors.some(({ extensions }) => extensions['code'] === reason.code);
  return isReported ? result : { ...result, errors: [...errors, toClientError(reason)] };
}

function deadlineExceeded(timeoutMs: number): GatherError {
  const message = `The operation did not finish within ${timeoutMs / 1000} seconds (OPERATION_TIMEOUT_MS).`;
  return new GatherError('DEADLINE_EXCEEDED', message, { retryable: true });
}

function isDeadline(reason: unknown): reason is GatherError {
  return reason instanceof GatherError && reason.code === 'DEADLINE_EXCEEDED';
}
