import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import { badRequest, toParams } from './graphql-params.ts';
import { isMultipart } from './use-multipart.ts';

/** What the Node server hands along; absent in `app.fetch`. */
interface ServerContext {
  req?: IncomingMessage;
}

const BODY_TIMEOUT_MS = 30_000;

const JSON_TYPE = /^application\/json\s*(;|$)/i;
/** JSON on the network is UTF-8: https://www.rfc-editor.org/rfc/rfc8259#section-8.1 */
const OTHER_CHARSET = /;\s*charset\s*=\s*(?!"?utf-8)/i;

/**
 * Reads the body of a POST, which must be JSON and at most `maxBytes` long. It takes the bytes from Node's own request
 * where there is one: the way through a web stream costs more than the execution of a small query. No other type of
 * body is read, because a form on any page could send it; multipart requests are left to `useMultipart`.
 */
export function useJsonBody(maxBytes: number): Plugin<object, ServerContext> {
  return {
    onRequestParse({ request, serverContext, setRequestParser, endResponse, fetchAPI }) {
      if (request.method !== 'POST' || isMultipart(request)) return;
      const type = request.headers.get('content-type') ?? '';
      if (!JSON_TYPE.test(type) || OTHER_CHARSET.test(type)) {
        return endResponse(new fetchAPI.Response(null, { status: 415, headers: { accept: 'application/json' } }));
      }
      const read = () => (serverContext.req ? readStream(serverContext.req, maxBytes) : readWhole(request, maxBytes));
      setRequestParser(async () => toParams(await read()));
    },
  };
}

/** Listens to the stream itself: to iterate over it costs as much as a small query. */
function readStream(request: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => reject(tooSlow()), BODY_TIMEOUT_MS);
    request.once('close', () => clearTimeout(timer));
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      // What is too much is read all the same, and dropped: a client that still sends does not look at an answer.
      if (bytes <= maxBytes) chunks.push(chunk);
    });
    request.on('end', () => {
      clearTimeout(timer);
      if (bytes > maxBytes) reject(tooLong(maxBytes, bytes));
      else resolve(Buffer.concat(chunks).toString());
    });
    request.on('error', reject);
  });
}

async function readWhole(request: Request, maxBytes: number): Promise<string> {
  const text = await request.text();
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) throw tooLong(maxBytes, bytes);
  return text;
}

function tooSlow() {
  return badRequest(408, `Expected the whole body within ${BODY_TIMEOUT_MS / 1000} seconds, got a part of it.`);
}

function tooLong(maxBytes: number, bytes: number) {
  return badRequest(413, `Expected a body of at most ${maxBytes} bytes, got ${bytes}.`);
}
