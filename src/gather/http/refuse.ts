import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Why a request is turned away. */
export interface Fault {
  /** Of HTTP. */
  status: number;
  message: string;
  headers?: OutgoingHttpHeaders;
}

/** Answers as GraphQL refuses a request: with an error in words, to be kept by nobody. */
export function refuse(response: ServerResponse, fault: Fault): void {
  const { headers, body } = toRefusal(fault.message);
  response.writeHead(fault.status, { ...headers, ...fault.headers });
  response.end(body);
}

/** The parts of such an answer. */
export function toRefusal(message: string): { headers: Record<string, string | number>; body: Buffer } {
  const body = Buffer.from(JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] }));
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  return { headers, body };
}
