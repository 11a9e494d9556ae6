import type { ExecutionResult } from 'graphql';

type Failing = Pick<ExecutionResult, 'errors'>;

/** Counts the errors of a part of a response, in either format of incremental delivery. */
export function countErrors(
  part: ExecutionResult & Partial<Record<'incremental' | 'completed', readonly Failing[]>>,
): number {
  const all: Failing[] = [part, ...(part.incremental ?? []), ...(part.completed ?? [])];
  return all.reduce((sum, { errors }) => sum + (errors?.length ?? 0), 0);
}
