import { type DocumentNode, getOperationAST, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';
import { badRequest } from '../../http/bad-request.ts';

/**
 * The operation of a document that a request asks for.
 * @throws 400 if it is not clear which one
 * @throws 405 for a mutation by GET, which a link of another page could send
 */
export function getOperation(
  document: DocumentNode,
  name: string | null | undefined,
  method: string,
): OperationDefinitionNode {
  const operation = getOperationAST(document, name);
  if (!operation) throw unresolved(name);
  if (operation.operation === OperationTypeNode.MUTATION && method === 'GET')
    throw badRequest(405, 'Expected a mutation by POST, got one by GET.', { Allow: 'POST' });
  return operation;
}

function unresolved(name: string | null | undefined) {
  const message = name
    ? 'Expected the name of an operation of the document as `operationName`, got another name.'
    : 'Expected a document with one operation, or an `operationName`, got neither.';
  return createGraphQLError(message, { extensions: { http: { status: 400 }, code: 'OPERATION_RESOLUTION_FAILURE' } });
}
