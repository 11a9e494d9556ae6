import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Fragment, Stream, Task } from './work.ts';

/** What the client is told after the first result. */
export type Event =
  | { readonly kind: 'announced'; readonly fragments: readonly Fragment[]; readonly streams: readonly Stream[] }
  | { readonly kind: 'data'; readonly fragment: Fragment; readonly tasks: readonly Task[] }
  | ({ readonly kind: 'elements'; readonly stream: Stream; readonly first: number } & Elements)
  | { readonly kind: 'ended'; readonly ended: Fragment | Stream; readonly error?: GraphQLError };

interface Elements {
  readonly elements: readonly unknown[];
  readonly errors: readonly GraphQLError[];
}

/** How parts of a response are written. */
export interface Format<First, Later> {
  first(result: ExecutionResult, fragments: readonly Fragment[], streams: readonly Stream[]): First;
  later(events: readonly Event[], hasNext: boolean): Later;
}
