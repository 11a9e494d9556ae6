import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** Never answers. */
export const hangs = Symbol('hangs');
/** Answers 500. */
export const fails = Symbol('fails');
/** Cuts each connection before a request is read. */
export const dead = Symbol('dead');

/** What a simulated service has received, besides the URL. */
export interface TestRequest {
  method: string;
  /** With names in lower case. */
  headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined if there is none. */
  body: unknown;
}

/**
 * The behaviour of a simulated service: a fault, or a function that returns the JSON for a request, `undefined` for 404.
 */
export type TestService = typeof hangs | typeof fails | typeof dead | ((url: URL, request: TestRequest) => unknown);

/** A simulated service on loopback. */
export interface RunningTestService {
  url: string;
  behaviour: TestService;
  /** Closes it. @returns the paths of requests that are still open after five seconds */
  close(): Promise<string[]>;
}

const GRACE_MS = 5000;

/** Starts a service on a free port. @param onRequest called with the path and query of each request */
export async function startTestService(
  behaviour: TestService,
  onRequest: (path: string) => void,
): Promise<RunningTestService> {
  const open = new Map<ServerResponse, string>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    onRequest(path);
    open.set(response, path);
    response.once('close', () => open.delete(response));
    void answer(service.behaviour, request, response);
  });
  server.on('connection', (socket) => {
    if (service.behaviour === dead) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service: RunningTestService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behaviour,
    close: async () => {
      const until = performance.now() + GRACE_MS;
      while (open.size > 0 && performance.now() < until) await sleep(5);
      const left = [...open.values()];
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      return left;
    },
  };
  return service;
}

async function answer(behaviour: TestService, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (behaviour === hangs || behaviour === dead) return;
  if (behaviour === fails) return void response.writeHead(500).end();
  try {
    const { method = '', url = '', headers } = request;
    const body = await text(request);
    const received = { method, headers, body: body === '' ? undefined : JSON.parse(body) };
    const value = await behaviour(new URL(url, 'http://service'), received);
    if (value === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}
