import type {
  ExecutionResult,
  ExperimentalIncrementalExecutionResults,
  LegacyExperimentalIncrementalExecutionResults,
} from 'graphql';
import { CurrentFormat } from './current-format.ts';
import { Delivery } from './delivery.ts';
import type { Format } from './format.ts';
import { FormatOf2022 } from './format-of-2022.ts';
import type { SizeLimit } from './size.ts';
import { type Started, start, toResult } from './start.ts';
import { type Args, validate } from './validate.ts';

interface Parts<First, Later> {
  initialResult: First;
  subsequentResults: AsyncGenerator<Later, void, void>;
}

/**
 * Executes an operation with @defer and @stream, whose result comes in parts if they apply. The arguments and the result are
 * those of graphql-js's `experimentalExecuteIncrementally`. Read the parts to their end, or return them.
 *
 * @throws the reason if `abortSignal` has aborted
 * @throws AbortedGraphQLExecutionError if it aborts before the first result; `next` throws the reason after that
 */
export function executeIncrementally(
  args: Args,
  limit?: SizeLimit,
):
  | ExecutionResult
  | ExperimentalIncrementalExecutionResults
  | Promise<ExecutionResult | ExperimentalIncrementalExecutionResults> {
  return executeInParts(args, new CurrentFormat(), limit);
}

/** Like {@link executeIncrementally}, with parts in the format of 2022, as of graphql-js's `legacyExecuteIncrementally`. */
export function executeIncrementallyAsOf2022(
  args: Args,
  limit?: SizeLimit,
):
  | ExecutionResult
  | LegacyExperimentalIncrementalExecutionResults
  | Promise<ExecutionResult | LegacyExperimentalIncrementalExecutionResults> {
  return executeInParts(args, new FormatOf2022(), limit);
}

function executeInParts<First, Later>(
  args: Args,
  format: Format<First, Later>,
  limit: SizeLimit | undefined,
): ExecutionResult | Parts<First, Later> | Promise<ExecutionResult | Parts<First, Later>> {
  const validated = validate(args);
  if (!('schema' in validated)) return { errors: validated };
  return start(validated, { isIncremental: true, limit }, (started: Started): ExecutionResult | Parts<First, Later> => {
    const { execution } = started;
    const delivery = new Delivery(execution, format);
    const result = toResult(started);
    const { fragments, streams } = delivery.news;
    if (fragments.length === 0 && streams.length === 0) {
      void execution.end();
      return result;
    }
    return { initialResult: format.first(result, fragments, streams), subsequentResults: delivery };
  });
}
