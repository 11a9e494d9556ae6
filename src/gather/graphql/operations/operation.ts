import { type DocumentNode, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import type { Deadline } from '../../concurrency/deadline.ts';
import type { Context } from '../../context.ts';
import type { Formats } from '../../http/formats.ts';
import type { ReceivedParams } from '../../http/read-params.ts';
import type { ServerContext } from '../../http/server-context.ts';
import type { OperationEvent } from '../../monitoring/channels.ts';
import { arrival } from '../../monitoring/request-id.ts';
import { collectCalls, Timing } from '../../monitoring/timing.ts';
import type { Viewer } from '../../viewer.ts';
import { AnswerSize } from '../limits/answer-size.ts';
import type { Charge } from '../limits/charge.ts';
import { createDeadline } from './deadline.ts';

/** What a client asks for. */
export interface Asked extends ReceivedParams {
  request: Request;
  formats: Formats;
  /** What Yoga was called with. */
  context: ServerContext;
}

/** How much an operation may take. */
export interface OperationLimits {
  operationTimeoutMs: number;
  answerMaxBytes: number;
}

/** An operation that is being answered. */
export class Operation {
  readonly request: Request;
  /** Becomes the context of its resolvers: the steps add to it. */
  readonly context: Context & ServerContext;
  readonly multipart: ReceivedParams['multipart'];
  readonly timing = new Timing(arrival());
  readonly deadline: Deadline;
  readonly answerSize: AnswerSize;
  /** `performance.now()` when its parameters had arrived. */
  readonly start = performance.now();
  /** Cookies to set. */
  readonly cookies: string[] = [];
  /** Without the text of the document until that is looked up, if the client has sent its ID. */
  params: GraphQLParams;
  formats: Formats;
  /** Undefined until it is parsed. */
  document: DocumentNode | undefined;
  /** Undefined until it is found in the document. */
  definition: OperationDefinitionNode | undefined;
  /** Undefined until it is priced. */
  charge: Charge | undefined;
  /** Finds its viewer anew; undefined if that is no user. */
  findViewer: (() => Promise<Viewer>) | undefined;
  /** Whether its client gets the details of its timing. */
  hasDetails = false;
  /** As it is published, if anybody listens. */
  event: OperationEvent | undefined;

  constructor({ request, params, formats, multipart, context }: Asked, limits: OperationLimits) {
    this.request = request;
    this.params = params;
    this.formats = formats;
    this.multipart = multipart;
    this.deadline = createDeadline(request, context, limits.operationTimeoutMs);
    const { signal } = this.deadline;
    collectCalls(signal, this.timing);
    this.answerSize = new AnswerSize(limits.answerMaxBytes, (excess) => this.deadline.end(excess));
    this.context = Object.assign(context as Context, { request, signal, answerSize: this.answerSize });
  }
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
