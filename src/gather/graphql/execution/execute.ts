import type { ExecutionResult } from 'graphql';
import type { SizeLimit } from './size.ts';
import { start, toResult } from './start.ts';
import { type Args, validate } from './validate.ts';

/**
 * Executes an operation breadth first: each field for all objects that are there. The arguments and the result are those of
 * graphql-js's `execute`; @defer and @stream are ignored.
 *
 * @throws the reason if `abortSignal` has aborted
 * @throws AbortedGraphQLExecutionError if it aborts meanwhile
 */
export function execute(args: Args, limit?: SizeLimit): ExecutionResult | Promise<ExecutionResult> {
  const validated = validate(args);
  if (!('schema' in validated)) return { errors: validated };
  return start(validated, { isIncremental: false, limit }, (started) => {
    void started.execution.end();
    return toResult(started);
  });
}
