import type { IncomingMessage, ServerResponse } from 'node:http';
import { tokensOf } from '../header-fields.ts';
import { createAuthorityCheck } from './authority.ts';
import { createCors } from './cors.ts';
import { type Fault, refuse } from './refuse.ts';
import { simplifyTarget } from './target.ts';

interface DoorConfig {
  /** Names that the server answers to, besides that of `publicUrl`. */
  hosts: readonly string[];
  publicUrl?: string | undefined;
  /** Origins whose pages may read the answers. */
  corsOrigins: readonly string[];
}

/** Looks at a request before anything else does. @returns whether to go on; where not, it is answered */
export type Admit = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * What stands in front of all routes: a request that names another host, or no path, or asks for a WebSocket, comes no
 * further. The target of those that do is a path.
 */
export function createDoor({ hosts, publicUrl, corsOrigins }: DoorConfig): Admit {
  const findFault = createAuthorityCheck(publicUrl ? [...hosts, new URL(publicUrl).hostname] : hosts);
  const share = createCors(corsOrigins);
  return (request, response) => {
    simplifyTarget(request);
    const fault = findFault(request) ?? findUpgrade(request);
    if (fault) refuse(response, fault);
    return !fault && share(request, response);
  };
}

/** What else a client offers to go on in, such as h2c, it need not be given. */
function findUpgrade({ headers: { upgrade } }: IncomingMessage): Fault | undefined {
  if (!tokensOf(upgrade).some((protocol) => protocol.startsWith('websocket'))) return undefined;
  const message =
    'Expected a request of HTTP, got an upgrade to WebSocket. ' +
    'Subscriptions go over server-sent events: send them by GET or POST, with `Accept: text/event-stream`.';
  return { status: 400, message, headers: { connection: 'close' } };
}
