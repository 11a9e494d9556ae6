import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendNodeResponse } from '@whatwg-node/server';
import { processRegularResult, type YogaServerInstance } from 'graphql-yoga';
import type { Logger } from '../monitoring/log.ts';
import type { MaskError } from '../monitoring/mask-errors.ts';
import { OperationContext } from './operations/operation-context.ts';

type Yoga = Pick<YogaServerInstance<object, OperationContext>, 'handleNodeRequestAndResponse' | 'fetchAPI'>;

interface RouteOptions {
  log: Logger;
  maskError: MaskError;
}

/** Yoga's default. */
const WRITES_HEAD_AT_ONCE = true;

/** Answers requests of the Node server with Yoga, as its own listener does, but with an `OperationContext`. Never rejects. */
export function createYogaRoute(
  { handleNodeRequestAndResponse: handle, fetchAPI }: Yoga,
  { log, maskError }: RouteOptions,
) {
  const fail = (error: unknown): Response => {
    log.error(error);
    return processRegularResult({ errors: [maskError(error)] }, fetchAPI, 'application/json');
  };
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const context = new OperationContext(request, response);
      const answer = await Promise.try(handle, request, response, context).catch(fail);
      await sendNodeResponse(answer, response, request, WRITES_HEAD_AT_ONCE);
    } catch (error) {
      // The answer cannot be written: its client must not wait for it.
      log.error(error);
      response.destroy();
    }
  };
}
