import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, NOT_FOUND, type Service } from './service.ts';

/** A server that listens. */
export interface Listening {
  url: string;
  /** Closes at once, and cuts all connections. */
  close(): Promise<void>;
}

/** Serves over HTTP/1.1. Rejects if the port is taken. @param port 0 for any free one */
export async function listen(service: Service, port: number, host: string): Promise<Listening> {
  const server = createServer((request, response) => answer(service, request, response));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  await promise;
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(service: Service, request: IncomingMessage, response: ServerResponse): void {
  const url = URL.parse(`http://service${request.url}`);
  const found = url && request.method === 'GET' ? service(url) : NOT_FOUND;
  const timer = setTimeout(() => send(found, response), found.delayMs);
  response.once('close', () => clearTimeout(timer));
}

/** Sends the answer, without its delay. */
function send({ status, headers, body }: Answer, response: ServerResponse): void {
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
