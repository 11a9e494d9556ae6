import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { AttachedProperty } from '../attached-property.ts';
import type { RefusalReason } from '../monitoring/refusals.ts';

/** Why a request is refused. */
export interface Fault {
  /** HTTP status. */
  status: number;
  /** @default BAD_REQUEST */
  code?: string;
  /** What was expected, and what was received. */
  message: string;
  /** Identifies the logged error, if the message does not tell the client what it was. */
  requestId?: string | undefined;
  /** For the log. @default by the code and the status */
  reason?: RefusalReason;
  headers?: OutgoingHttpHeaders;
  /** Whether the same request may succeed later. */
  retryable?: boolean;
}

const listeners = new AttachedProperty<ServerResponse, (fault: Fault) => void>();

/** Calls the listener if this response refuses its request. */
export function onRefusal(response: ServerResponse, listener: (fault: Fault) => void): void {
  listeners.set(response, listener);
}

/** Answers `{ errors: [{ message, extensions: { code } }] }`, as GraphQL does. Does nothing once the client has left. */
export function refuse(response: ServerResponse, fault: Fault): void {
  if (response.destroyed) return;
  listeners.get(response)?.(fault);
  const { headers, body } = toRefusal(fault);
  response.writeHead(fault.status, { ...headers, ...fault.headers });
  response.end(body);
}

/** The headers and the body of a refusal. Caches must not store it. */
export function toRefusal({ code = 'BAD_REQUEST', message, requestId, retryable }: Fault): {
  headers: Record<string, string | number>;
  body: Buffer;
} {
  const extensions = { code, ...(requestId && { requestId }), ...(retryable && { retryable }) };
  const body = Buffer.from(JSON.stringify({ errors: [{ message, extensions }] }));
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  return { headers, body };
}
