import { type ExecutionArgs, type ExecutionResult, type ValidatedExecutionArgs, validateExecutionArgs } from 'graphql';
import type { SizeLimit } from './size.ts';
import { start, toResult } from './start.ts';

/**
 * Executes an operation breadth first: each field for all objects that are there. The arguments and the result are those of
 * graphql-js's `execute`; @defer and @stream are ignored.
 *
 * @throws the reason if `abortSignal` has aborted
 * @throws AbortedGraphQLExecutionError if it aborts meanwhile
 */
export function execute(args: ExecutionArgs, limit?: SizeLimit): ExecutionResult | Promise<ExecutionResult> {
  const validated = validateExecutionArgs(args);
  return 'schema' in validated ? executeValidated(validated, limit) : { errors: validated };
}

export function executeValidated(
  args: ValidatedExecutionArgs,
  limit?: SizeLimit,
): ExecutionResult | Promise<ExecutionResult> {
  return start(args, { isIncremental: false, limit }, (started) => {
    void started.execution.end();
    return toResult(started);
  });
}
