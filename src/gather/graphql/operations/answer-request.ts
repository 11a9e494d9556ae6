import type { FetchAPI } from 'graphql-yoga';
import { DEFAULT_FORMATS, type Formats, formatsOf } from '../../http/formats.ts';
import { isMultipart } from '../../http/multipart/multipart-request.ts';
import { withStatus } from '../../http/multipart/status.ts';
import type { ReadParams } from '../../http/read-params.ts';
import type { ServerContext } from '../../http/server-context.ts';
import type { MaskError } from '../../monitoring/mask-errors.ts';
import { inThisRequest } from '../../monitoring/request-id.ts';
import type { AnswerOperation } from './answer-operation.ts';
import { NO_STORE } from './cache-headers.ts';
import { Operation, type OperationLimits } from './operation.ts';
import type { OperationLog } from './operation-log.ts';
import { isParts, type Part, type Result } from './part.ts';
import type { Timings } from './timings.ts';
import { toResponse } from './to-response.ts';

/** What the steps of a request need. */
export interface RequestSteps extends OperationLimits {
  readParams: ReadParams;
  answerOperation: AnswerOperation;
  timings: Timings;
  log: OperationLog;
  maskError: MaskError;
}

/** Answers a request of GraphQL over HTTP, faults included: https://graphql.github.io/graphql-over-http/draft/ */
export type AnswerRequest = (request: Request, context: ServerContext, fetchAPI: FetchAPI) => Promise<Response>;

/**
 * Answers requests, each step in its order: what the client accepts is found out, what it asks for is read and answered, and
 * the result written. docs/decisions/052 says why the steps are not plugins of Yoga.
 */
export function createAnswerRequest(steps: RequestSteps): AnswerRequest {
  const { readParams, answerOperation, timings, log, maskError } = steps;

  const answer = async (request: Request, context: ServerContext, formats: Formats, fetchAPI: FetchAPI) => {
    const received = await readParams(request, context.req);
    using _multipart = received.multipart;
    const operation = new Operation({ ...received, request, formats, context }, steps);
    const answered = await answerOperation(operation).catch((error: unknown) => fail(request, context, error));
    const result = isParts(answered) ? inThisRequest(endWithFault(answered, request, context)) : answered;
    const response = await write(request, result, operation.formats, fetchAPI);
    // A result in one piece has both in its `extensions.http`.
    if (isParts(result)) {
      response.headers.set('Server-Timing', timings.header(operation));
      response.headers.set('Cache-Control', NO_STORE['Cache-Control']);
    }
    for (const cookie of operation.cookies) response.headers.append('Set-Cookie', cookie);
    return response;
  };

  const fail = (request: Request, { req }: ServerContext, error: unknown): Part => {
    const errors = [maskError(error)];
    log.writeRequest({ request, req, errors });
    return { errors };
  };

  /**
   * Passes on parts. If no more can be given or written, the last one is the error: its client would wait for the rest. They are
   * written here, as Yoga would leave a rejection unhandled.
   */
  async function* endWithFault(
    parts: AsyncIterable<Part>,
    request: Request,
    context: ServerContext,
  ): AsyncGenerator<Part, void, void> {
    try {
      for await (const part of parts) {
        const text = JSON.stringify(part);
        // Yoga removes the status from errors, and calls it with a copy then.
        yield Object.assign(part, { stringify: (copy: Part) => (copy === part ? text : JSON.stringify(copy)) });
      }
    } catch (error) {
      yield fail(request, context, error);
    }
  }

  return async (request, context, fetchAPI) => {
    let formats = DEFAULT_FORMATS;
    try {
      formats = formatsOf(request);
      return await answer(request, context, formats, fetchAPI);
    } catch (error) {
      return write(request, fail(request, context, error), formats, fetchAPI);
    }
  };
}

function write(request: Request, result: Result, formats: Formats, fetchAPI: FetchAPI): Response | Promise<Response> {
  const isOfFiles = isMultipart(request) && !isParts(result);
  return toResponse(isOfFiles ? withStatus(result) : result, formats, fetchAPI);
}
