import type { IncomingMessage, ServerResponse } from 'node:http';

const MAX_BYTES = 1_000_000;
const GRACE_MS = 1000;

/**
 * Drops what a client still sends while it is answered, so that it comes to see its answer: a megabyte at most, and for
 * a second after the answer at most. Then the connection is cut. One that has sent everything is kept.
 *
 * To be called before the head of the answer is sent. That must not say `connection: close`.
 */
export function dropRest(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return void request.resume();
  // Node would cut a connection that is not to be kept as soon as the answer is out, and the client might lose it.
  response.shouldKeepAlive = true;
  let left = MAX_BYTES;
  request.on('data', ({ length }: Buffer) => {
    left -= length;
    if (left < 0 && !request.complete) request.pause();
  });
  request.resume();
  response.once('finish', () => {
    // What is complete must be read to its end, for the connection to serve the next request.
    if (request.complete) return request.resume();
    const timer = setTimeout(() => request.destroy(), GRACE_MS);
    request.once('close', () => clearTimeout(timer));
  });
}
