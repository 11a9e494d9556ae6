import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLoopbackAuthority } from './loopback.ts';

/** Answers a request that is not let in, in words; undefined for one that is. */
export type Admission = (request: IncomingMessage) => Response | undefined;

/**
 * Lets in who knows the password, whatever the name; without one, who asks for this machine by a name of its own.
 * Nobody may do more than look.
 */
export function createAdmission(password: string | undefined): Admission {
  const refuse = password === undefined ? refuseOtherNames : refuseOthersThan(password);
  return (request) => refuse(request) ?? refuseChanges(request);
}

/** HTTP's Basic scheme, RFC 7617. */
function refuseOthersThan(password: string): Admission {
  const expected = digest(password);
  return ({ headers: { authorization = '' } }) => {
    // Digests are of one length, and comparing them takes the same time whatever was given.
    if (timingSafeEqual(digest(givenPassword(authorization)), expected)) return undefined;
    const headers = { 'www-authenticate': 'Basic realm="Gather", charset="UTF-8"' };
    return new Response('Expected the password that DASHBOARD_PASSWORD says, with any user name.\n', {
      status: 401,
      headers,
    });
  };
}

function givenPassword(authorization: string): string {
  const [, credentials = ''] = /^Basic +(\S+)$/i.exec(authorization) ?? [];
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  return password;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** A page elsewhere can have its own name resolve to this machine, and its visitor's browser ask here under that name. */
function refuseOtherNames({ headers: { host = '' } }: IncomingMessage): Response | undefined {
  if (isLoopbackAuthority(host)) return undefined;
  return new Response(`Expected a request to 127.0.0.1, localhost or [::1], got one to "${host}".\n`, { status: 421 });
}

function refuseChanges({ method = '' }: IncomingMessage): Response | undefined {
  if (method === 'GET' || method === 'HEAD') return undefined;
  return new Response('The dashboard only shows. The mutations cancelJob and retryJob change a job.\n', {
    status: 405,
    headers: { allow: 'GET, HEAD' },
  });
}
