import type { IncomingMessage, ServerResponse } from 'node:http';
import { handleErrorFromRequestHandler, sendNodeResponse } from '@whatwg-node/server';
import type { YogaServerInstance } from 'graphql-yoga';
import type { Logger } from '../monitoring/log.ts';
import { OperationContext } from './operation-context.ts';

type Yoga = Pick<YogaServerInstance<object, OperationContext>, 'handleNodeRequestAndResponse' | 'fetchAPI'>;

/** Answers requests of the Node server with Yoga, as its own listener does, but with an `OperationContext`. Never rejects. */
export function createOperationRoute({ handleNodeRequestAndResponse: handle, fetchAPI }: Yoga, log: Logger) {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<Response> => {
    try {
      return await handle(request, response, new OperationContext(request, response));
    } catch (error) {
      return handleErrorFromRequestHandler(error, fetchAPI.Response);
    }
  };
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await sendNodeResponse(await answer(request, response), response, request, true);
    } catch (error) {
      log.error(error);
      response.destroy();
    }
  };
}
