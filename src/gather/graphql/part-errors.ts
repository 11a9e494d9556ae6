import type { ExecutionResult, GraphQLError } from 'graphql';

type Failing = Pick<ExecutionResult, 'errors'>;

/** One part of a response in parts, or the whole of any other. */
export type Part = ExecutionResult & Partial<Record<'incremental' | 'completed', readonly Failing[]>>;

/** The errors of a part of a response, in either format of incremental delivery. */
export function errorsOf(part: Part): GraphQLError[] {
  const all: Failing[] = [part, ...(part.incremental ?? []), ...(part.completed ?? [])];
  return all.flatMap(({ errors = [] }) => errors);
}

/** Counts the errors of a part of a response. */
export function countErrors(part: Part): number {
  return errorsOf(part).length;
}
