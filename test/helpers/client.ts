import { type IncomingMessage, request } from 'node:http';

/** A request on a connection of its own. */
export interface Sent {
  /** Resolves with the head of the response; its body is read by the caller. Rejects once the client has left. */
  response: Promise<IncomingMessage>;
  /** Cuts the connection. */
  leave(): void;
}

/** Sends an operation over a real socket. */
export function send(url: string, query: string, headers: Record<string, string> = {}): Sent {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = request(`${url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
  });
  outgoing.once('response', resolve);
  outgoing.on('error', reject);
  // A client that leaves does not look at what becomes of its request.
  promise.catch(() => {});
  outgoing.end(JSON.stringify({ query }));
  return { response: promise, leave: () => void outgoing.destroy() };
}

/** The whole body as text. */
export async function readText(response: IncomingMessage): Promise<string> {
  return Buffer.concat(await response.toArray()).toString();
}
