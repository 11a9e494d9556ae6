import { type DocumentNode, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import type { Deadline } from '../../concurrency/deadline.ts';
import type { Context } from '../../context.ts';
import type { ServerContext } from '../../http/server-context.ts';
import type { Timing } from '../../monitoring/timing.ts';
import type { AnswerSize } from '../limits/answer-size.ts';
import type { Charge } from '../limits/charge.ts';

/** An operation that is being answered. */
export interface Operation {
  readonly request: Request;
  readonly params: GraphQLParams;
  /** Becomes the context of its resolvers: the steps add to it. */
  readonly context: Context & ServerContext;
  readonly timing: Timing;
  readonly deadline: Deadline;
  readonly answerSize: AnswerSize;
  /** `performance.now()` when its parameters had arrived. */
  readonly start: number;
  /** Undefined until it is parsed. */
  document: DocumentNode | undefined;
  /** Undefined until it is found in the document. */
  definition: OperationDefinitionNode | undefined;
  /** Undefined until it is priced. */
  charge: Charge | undefined;
}

export function isQuery({ definition }: Operation): boolean {
  return definition?.operation === OperationTypeNode.QUERY;
}

export function isMutation({ definition }: Operation): boolean {
  return definition?.operation === OperationTypeNode.MUTATION;
}

export function isSubscription({ definition }: Operation): boolean {
  return definition?.operation === OperationTypeNode.SUBSCRIPTION;
}
