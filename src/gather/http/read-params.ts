import type { IncomingMessage } from 'node:http';
import type { GraphQLParams } from 'graphql-yoga';
import { badRequest } from './bad-request.ts';
import { toUrlParams } from './graphql-params.ts';
import { createReadJson, type JsonBodyOptions } from './json-body.ts';
import { isMultipart, type MultipartOptions, MultipartRequest } from './multipart/multipart-request.ts';

/** The parameters of an operation, and the request with its files, if it has some. Dispose of that. */
export interface ReceivedParams {
  params: GraphQLParams;
  multipart?: MultipartRequest;
}

/**
 * Reads the parameters of an operation from the URL of a GET, or from the body of a POST.
 * @param req the request of the Node server, if there is one
 * @throws 405 for another method; 400, 403, 408, 413, 415 and 429 for parameters that are not accepted
 */
export type ReadParams = (request: Request, req: IncomingMessage | undefined) => Promise<ReceivedParams>;

export function createReadParams(options: JsonBodyOptions & MultipartOptions): ReadParams {
  const readJson = createReadJson(options);
  return async (request, req) => {
    const { method } = request;
    if (method === 'GET') return { params: toUrlParams(new URL(request.url).searchParams) };
    if (method !== 'POST') throw badRequest(405, `Expected GET or POST, got ${method}.`, { Allow: 'GET, POST' });
    if (!isMultipart(request)) return { params: await readJson(request, req) };
    const multipart = new MultipartRequest(request, req, options);
    try {
      return { params: await multipart.readParams(), multipart };
    } catch (error) {
      multipart[Symbol.dispose]();
      throw error;
    }
  };
}
