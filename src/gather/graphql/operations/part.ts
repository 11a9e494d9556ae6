import type { ExecutionResult, GraphQLError } from 'graphql';

type Failing = Pick<ExecutionResult, 'errors'>;

/** One part of a response in parts, or the whole of any other. */
export type Part = ExecutionResult & Partial<Record<'incremental' | 'completed', readonly Failing[]>>;

/** The result of an operation: in one piece, or in parts, as with @defer, @stream and subscriptions. */
export type Result = Part | AsyncIterable<Part>;

export function isParts(result: Result): result is AsyncIterable<Part> {
  return Symbol.asyncIterator in result;
}

/** The errors of a part of a response, in either format of incremental delivery. */
export function errorsOf(part: Part): readonly GraphQLError[] {
  const { errors = [], incremental, completed } = part;
  if (!incremental && !completed) return errors;
  const all: Failing[] = [part, ...(incremental ?? []), ...(completed ?? [])];
  return all.flatMap((it) => it.errors ?? []);
}
