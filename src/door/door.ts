import type { IncomingMessage, ServerResponse } from 'node:http';
import { createAuthorityCheck } from './authority.ts';
import { createCors } from './cors.ts';
import { refuse } from './refuse.ts';

interface DoorConfig {
  /** Names that the server answers to, besides that of `publicUrl`. */
  hosts: readonly string[];
  publicUrl?: string | undefined;
  /** Origins whose pages may read the answers. */
  corsOrigins: readonly string[];
}

/** Looks at a request before anything else does. @returns whether to go on; where not, it is answered */
export type Admit = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What stands in front of all routes: a request that names another host, or no path, comes no further. */
export function createDoor({ hosts, publicUrl, corsOrigins }: DoorConfig): Admit {
  const findFault = createAuthorityCheck(publicUrl ? [...hosts, new URL(publicUrl).hostname] : hosts);
  const share = createCors(corsOrigins);
  return (request, response) => {
    const fault = findFault(request);
    if (fault) refuse(response, fault.status, fault.message);
    return !fault && share(request, response);
  };
}
