import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GraphQLSchema, printSchema } from 'graphql';
import { refuse } from '../http/refuse.ts';

/** Creates the route of the schema's text, which shows what introspection does. */
export function createSchemaRoute(schema: GraphQLSchema) {
  const text = Buffer.from(printSchema(schema));
  return async ({ method }: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (method !== 'GET' && method !== 'HEAD') {
      const message = `Expected GET or HEAD, got ${method}.`;
      return refuse(response, { status: 405, code: 'METHOD_NOT_ALLOWED', message, headers: { allow: 'GET, HEAD' } });
    }
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
    response.writeHead(200, { ...headers, 'content-length': text.length }).end(text);
  };
}
