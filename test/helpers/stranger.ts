import { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** What a request was answered with. */
export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Sent {
  method?: string;
  path?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
}

const TIMEOUT_MS = 20_000;
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };

/** Sends one request, on a connection of its own. */
export async function send(
  url: string,
  { method = 'POST', path = '/graphql', headers = {}, body = '' }: Sent,
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const outgoing = request(`${url}${path}`, { method, headers, agent: false, signal });
  // Whoever is answered before the end of the body may be cut off: the answer counts.
  outgoing.on('response', resolve).on('error', reject).end(body);
  const response = await promise;
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

/** Sends parameters of GraphQL as JSON; a text or bytes go as they are. */
export function post(url: string, params: object | string | Buffer, headers: OutgoingHttpHeaders = {}): Promise<Reply> {
  const body = typeof params === 'string' || Buffer.isBuffer(params) ? params : JSON.stringify(params);
  return send(url, { headers: { ...JSON_HEADERS, ...headers, 'content-length': Buffer.byteLength(body) }, body });
}

/** Sends the same again and again, over two connections at a time. @returns all the replies */
export async function flood(count: number, ask: (index: number) => Promise<Reply>): Promise<Reply[]> {
  const indexes = Array.from({ length: count }, (_, index) => index).values();
  const replies: Reply[] = [];
  const lane = async () => {
    for (const index of indexes) replies.push(await ask(index));
  };
  await Promise.all([lane(), lane()]);
  return replies;
}
