import type { ServerResponse } from 'node:http';

/** Answers as GraphQL refuses a request: with an error in words, to be kept by nobody. */
export function refuse(response: ServerResponse, status: number, message: string): void {
  const body = Buffer.from(JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] }));
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
