import { getOperationAST, OperationTypeNode } from 'graphql';
import { createGraphQLError, type GraphQLParams, type Plugin, type YogaInitialContext } from 'graphql-yoga';
import { badRequest } from '../http/bad-request.ts';

/**
 * Refuses methods other than GET and POST, a mutation by GET, which a link of another page could send, and a document in
 * which the operation is not clear. Yoga refuses them too, without saying what it got.
 */
export function useMethod(): Plugin<YogaInitialContext> {
  return {
    onRequestParse({ request: { method } }) {
      if (method === 'GET' || method === 'POST') return;
      throw badRequest(405, `Expected GET or POST, got ${method}.`, { Allow: 'GET, POST' });
    },
    onParse({ context }) {
      return ({ result }) => {
        if (!result || result instanceof Error) return;
        const { request, params } = context as YogaInitialContext & { params: GraphQLParams };
        const operation = getOperationAST(result, params.operationName);
        if (!operation) throw unresolved(params.operationName);
        if (operation.operation === OperationTypeNode.MUTATION && request.method === 'GET')
          throw badRequest(405, 'Expected a mutation by POST, got one by GET.', { Allow: 'POST' });
      };
    },
  };
}

function unresolved(name: string | null | undefined) {
  const message = name
    ? 'Expected the name of an operation of the document as `operationName`, got another name.'
    : 'Expected a document with one operation, or an `operationName`, got neither.';
  return createGraphQLError(message, { extensions: { http: { status: 400 }, code: 'OPERATION_RESOLUTION_FAILURE' } });
}
