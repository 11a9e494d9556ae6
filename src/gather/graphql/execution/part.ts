import type { GraphQLError } from 'graphql';
import type { Fragment, Stream, Task } from './work.ts';

/** What is executed and delivered as a whole: the first result, a deferred selection of one object, some streamed elements. */
export class Part {
  /** Values that are waited for. */
  pending = 0;
  /** About how many bytes it has in the response so far. */
  bytes = 0;
  /** How many times the limit of a part it may have. */
  readonly allowance: number = 1;
  readonly errors: GraphQLError[] = [];
  /** The error that left no data, if any. */
  failure: GraphQLError | undefined;
  isCancelled = false;
  isDone = false;
  /** What is delivered after it. */
  readonly newFragments: Fragment[] = [];
  readonly newTasks: Task[] = [];
  readonly newStreams: Stream[] = [];

  /** Whether the value at a position of it is still wanted. Only elements have positions. */
  wants(_position: number): boolean {
    return !this.failure && !this.isCancelled;
  }

  /** Called when an error leaves no data. */
  fail(error: GraphQLError, _position: number): void {
    this.failure = error;
  }
}
