import type { IncomingMessage, ServerResponse } from 'node:http';
import { tokensOf } from '../header-fields.ts';
import { createAuthorityCheck } from './authority.ts';
import { createCors } from './cors.ts';
import { type Fault, refuse } from './refuse.ts';
import { simplifyTarget } from './target.ts';

interface AcceptConfig {
  /** Host names that the server answers to, besides that of `publicUrl`. */
  hosts: readonly string[];
  publicUrl?: string | undefined;
  /** Origins whose pages may read the responses. */
  corsOrigins: readonly string[];
}

/** Checks a request before any route sees it. @returns false if it has been answered */
export type AcceptRequest = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Creates the check in front of all routes. It refuses requests for another host, targets that are no path, WebSocket
 * upgrades and CORS preflights of other origins, and reduces the target of every other request to a path.
 */
export function createAcceptRequest({ hosts, publicUrl, corsOrigins }: AcceptConfig): AcceptRequest {
  const findFault = createAuthorityCheck(publicUrl ? [...hosts, new URL(publicUrl).hostname] : hosts);
  const applyCors = createCors(corsOrigins);
  return (request, response) => {
    simplifyTarget(request);
    const fault = findFault(request) ?? findUpgrade(request);
    if (fault) refuse(response, fault);
    return !fault && applyCors(request, response);
  };
}

/** Upgrades to other protocols, such as h2c, are offers that may be ignored. */
function findUpgrade({ headers: { upgrade } }: IncomingMessage): Fault | undefined {
  if (!tokensOf(upgrade).some((protocol) => protocol.startsWith('websocket'))) return undefined;
  const message =
    'Expected an HTTP request, got an upgrade to WebSocket. ' +
    'Subscriptions use server-sent events: send them by GET or POST, with `Accept: text/event-stream`.';
  return { status: 400, message, headers: { connection: 'close' } };
}
