import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { createGraphQLError, type GraphQLParams, type Plugin } from 'graphql-yoga';

/** What the Node server hands along; absent in `app.fetch`. */
interface ServerContext {
  req?: IncomingMessage;
}

/**
 * Reads the body of a POST, which must be JSON and at most `maxBytes` long. It takes the bytes from Node's own request
 * where there is one: the way through a web stream costs more than the execution of a small query. No other type of
 * body is read, because a form on any page could send it.
 */
export function useJsonBody(maxBytes: number): Plugin<object, ServerContext> {
  return {
    onRequestParse({ request, serverContext, setRequestParser, endResponse, fetchAPI }) {
      if (request.method !== 'POST') return;
      if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) {
        return endResponse(new fetchAPI.Response(null, { status: 415, headers: { accept: 'application/json' } }));
      }
      setRequestParser(async () => toParams(await readText(serverContext.req ?? request.body, maxBytes)));
    },
  };
}

async function readText(body: AsyncIterable<Uint8Array> | null, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw badRequest(413, `Expected a body of at most ${maxBytes} bytes, got more.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toParams(text: string): GraphQLParams {
  const params = parse(text);
  if (typeof params === 'object' && params !== null && !Array.isArray(params)) return params;
  throw badRequest(400, 'Expected a JSON object with a `query`, got another kind of JSON.');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(400, `Expected JSON, got something else: ${(error as Error).message}.`);
  }
}

function badRequest(status: number, message: string) {
  return createGraphQLError(message, { extensions: { http: { spec: true, status }, code: 'BAD_REQUEST' } });
}
