import type { GraphQLError } from 'graphql';
import type { ErrorCode } from '../../errors.ts';

/** The errors of a result as a tree of their paths. */
export interface Failures {
  /** Whether the field was running when the operation was stopped, as opposed to failed by its source. */
  isStopped: boolean;
  /** By response name or list index. */
  below: Map<string | number, Failures>;
}

const STOPPED: ReadonlySet<unknown> = new Set<ErrorCode>(['DEADLINE_EXCEEDED', 'CANCELLED', 'ANSWER_TOO_LARGE']);

/** @returns undefined if there are no errors */
export function failuresOf(errors: readonly GraphQLError[] | undefined): Failures | undefined {
  if (!errors || errors.length === 0) return undefined;
  const root: Failures = { isStopped: false, below: new Map() };
  for (const { path = [], extensions } of errors) {
    let place = root;
    for (const key of path) {
      const next = place.below.get(key) ?? { isStopped: false, below: new Map() };
      place.below.set(key, next);
      place = next;
    }
    place.isStopped ||= STOPPED.has(extensions['code']);
  }
  return root;
}
