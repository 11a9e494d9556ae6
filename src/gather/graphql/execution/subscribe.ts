import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  mapSourceToResponseEvent,
  validateSubscriptionArgs,
} from 'graphql';
import { execute } from './execute.ts';
import type { SizeLimit } from './size.ts';

type Results = AsyncGenerator<ExecutionResult, void, void>;

/**
 * Executes a subscription: for each event, its selection with the event as the root. The arguments and the result are those of
 * graphql-js's `subscribe`; @defer and @stream are ignored. Read the results to their end, or return them.
 *
 * @throws GraphQLError if the operation is no subscription
 */
export function subscribe(
  args: ExecutionArgs,
  limit?: SizeLimit,
): Results | ExecutionResult | Promise<Results | ExecutionResult> {
  const validated = validateSubscriptionArgs(args);
  if (!('schema' in validated)) return { errors: validated };
  const toResults = (events: AsyncIterable<unknown> | ExecutionResult) =>
    Symbol.asyncIterator in events
      ? mapSourceToResponseEvent(validated, events, (event) => execute(event, limit))
      : events;
  const events = createSourceEventStream(validated);
  return events instanceof Promise ? events.then(toResults) : toResults(events);
}
