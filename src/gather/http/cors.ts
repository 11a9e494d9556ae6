import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from 'cors';
import { refuse } from './refuse.ts';
import { shown } from './shown.ts';

/** Sets the CORS headers of a response. @returns false if the request has been answered, as a preflight is */
export type ApplyCors = (request: IncomingMessage, response: ServerResponse) => boolean;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const EXPOSED_HEADERS = [
  'location',
  'retry-after',
  'server-timing',
  'tus-extension',
  'tus-max-size',
  'tus-resumable',
  'tus-version',
  'upload-length',
  'upload-offset',
];
const MAX_AGE_SECONDS = 7200;

/**
 * Allows pages of these origins to send any header, and to read responses with credentials. Other origins get no CORS
 * headers, so browsers hide the responses from their pages. https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function createCors(origins: readonly string[]): ApplyCors {
  const allowed = new Set(origins);
  const setHeaders = cors<IncomingMessage>({
    origin: [...origins],
    credentials: true,
    methods: METHODS,
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: MAX_AGE_SECONDS,
  });
  return (request, response) => {
    // A cache must not serve one origin's response to another.
    if (allowed.size > 0) response.setHeader('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined) return true;
    const isPreflight = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
    if (!allowed.has(origin)) {
      if (isPreflight)
        refuse(response, {
          status: 403,
          message: `Expected a page of an allowed origin (CORS_ORIGINS), got one of ${shown(origin)}.`,
          reason: 'origin',
        });
      return !isPreflight;
    }
    // `cors` would answer any OPTIONS as a preflight, but tus uses OPTIONS too.
    if (request.method === 'OPTIONS' && !isPreflight) return true;
    let isPending = false;
    setHeaders(request, response, () => {
      isPending = true;
    });
    return isPending;
  };
}
