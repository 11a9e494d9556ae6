import {
  AbortedGraphQLExecutionError,
  type ExecutionResult,
  GraphQLError,
  OperationTypeNode,
  type ValidatedExecutionArgs,
} from 'graphql';
import { defer } from './defer.ts';
import { Execution } from './execution.ts';
import { planOf } from './plan.ts';
import { resolve, resolveField } from './resolve.ts';
import { Scope } from './scope.ts';
import type { Answer } from './selection.ts';
import type { SizeLimit } from './size.ts';

/** An execution up to its first result. */
export interface Started {
  readonly execution: Execution;
  /** Its data, unless an error left none. */
  readonly data: Answer;
}

interface Options {
  isIncremental: boolean;
  limit: SizeLimit | undefined;
}

/**
 * Executes an operation up to its first result.
 * @param finish makes the result; ends the execution, or goes on with it
 * @throws the reason if the signal has aborted
 * @throws AbortedGraphQLExecutionError if it aborts meanwhile
 */
export function start<Result>(
  args: ValidatedExecutionArgs,
  { isIncremental, limit }: Options,
  finish: (started: Started) => Result,
): Result | ExecutionResult | Promise<Result> {
  args.externalAbortSignal?.throwIfAborted();
  let started: Started;
  try {
    started = prepare(args, isIncremental, limit);
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error], data: null };
    throw error;
  }
  const { execution } = started;
  const toAborted = (reason: unknown) => new AbortedGraphQLExecutionError(reason, toResult(started));
  execution.run();
  const { aborted, main } = execution;
  if (main.isDone) return finish(started);
  if (aborted && main.pending === 0) throw toAborted(aborted.reason);
  return new Promise((resolveResult, reject) => {
    if (aborted) return reject(toAborted(aborted.reason));
    execution.listen(
      () => resolveResult(finish(started)),
      (reason) => reject(toAborted(reason)),
    );
  });
}

export function toResult({ execution: { main }, data }: Started): ExecutionResult {
  if (main.failure) return { errors: [...main.errors, main.failure], data: null };
  return main.errors.length > 0 ? { errors: main.errors, data } : { data };
}

/** @throws GraphQLError if the operation cannot be executed */
function prepare(args: ValidatedExecutionArgs, isIncremental: boolean, limit: SizeLimit | undefined): Started {
  const { operation, rootValue } = args;
  const selection = planOf(args, isIncremental);
  const isSerial = operation.operation === OperationTypeNode.MUTATION;
  let next = 0;
  const resolveNext = () => {
    const field = selection.fields[next++];
    if (!isSerial || !field || !execution.main.wants(0)) return false;
    resolveField(execution, root, field);
    return true;
  };
  const execution = new Execution(args, { resolve, resolveNext }, limit);
  const root = new Scope(selection, undefined, execution.main);
  const data = root.add(0, rootValue);
  if (isSerial) defer(root);
  else execution.add(root);
  execution.check(execution.main);
  return { execution, data };
}
