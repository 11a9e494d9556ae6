import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from 'cors';
import { refuse } from './refuse.ts';

/** Says to browsers which pages may read the answer. @returns whether the request is still to be answered */
export type Share = (request: IncomingMessage, response: ServerResponse) => boolean;

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
 * Lets the pages of these origins send any header, and read the answers, with their cookies. Pages of others are told
 * nothing, so that browsers keep the answers from them. https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function createCors(origins: readonly string[]): Share {
  const listed = new Set(origins);
  const share = cors<IncomingMessage>({
    origin: [...origins],
    credentials: true,
    methods: METHODS,
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: MAX_AGE_SECONDS,
  });
  return (request, response) => {
    // What a cache keeps for one origin must not be given to another.
    if (listed.size > 0) response.setHeader('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined) return true;
    const isPreflight = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
    if (!listed.has(origin)) {
      if (isPreflight)
        refuse(response, {
          status: 403,
          message: 'Expected a page of an origin that this server is for, got another.',
        });
      return !isPreflight;
    }
    // It takes any OPTIONS for a preflight, and tus has one of its own.
    if (request.method === 'OPTIONS' && !isPreflight) return true;
    let isLeft = false;
    share(request, response, () => {
      isLeft = true;
    });
    return isLeft;
  };
}
