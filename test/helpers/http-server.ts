import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';

/** How a request is answered, or not. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A request that came, and what became of it. */
interface RecordedRequest {
  method: string;
  /** With the query. */
  path: string;
  /** The client left before it had the whole answer. */
  aborted: boolean;
}

/** A real server on loopback that can be told to misbehave. */
export interface HttpServer {
  readonly url: string;
  readonly requests: RecordedRequest[];
  /** Those that are neither answered nor aborted yet. */
  readonly open: ReadonlySet<RecordedRequest>;
  /** Answers from now on. */
  respond: Handler;
  /** While true, each connection is cut as soon as it is made, before a request is read. */
  isDead: boolean;
  /** How many connections were made so far. */
  readonly connections: number;
  close(): Promise<void>;
}

/** Starts a server on a free port. Close it. */
export async function startHttpServer(respond: Handler = json({})): Promise<HttpServer> {
  const requests: RecordedRequest[] = [];
  const open = new Set<RecordedRequest>();
  let isDead = false;
  let connections = 0;
  const server = createServer((request, response) => {
    requests.push(record(request, response, open));
    handle.respond(request, response);
  });
  server.on('connection', (socket) => {
    connections++;
    if (isDead) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const handle: HttpServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    open,
    respond,
    get isDead() {
      return isDead;
    },
    set isDead(value) {
      isDead = value;
      if (value) server.closeAllConnections();
    },
    get connections() {
      return connections;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return handle;
}

/** Answers with status 200 and this value. */
export function json(value: unknown, headers: Record<string, string> = {}): Handler {
  return text(JSON.stringify(value), { 'content-type': 'application/json', ...headers });
}

/** Answers with status 200 and these bytes. */
export function text(body: string | Buffer, headers: Record<string, string>): Handler {
  return (_request, response) => void response.writeHead(200, headers).end(body);
}

/** Answers with a status and no body. */
export function status(code: number, headers: Record<string, string> = {}): Handler {
  return (_request, response) => void response.writeHead(code, headers).end();
}

/** The real one: a service answers also while a test holds the timeouts of the server. */
const after = globalThis.setTimeout;

/** Answers after a while. */
export function delay(delayMs: number, then: Handler): Handler {
  return (request, response) => {
    const timer = after(() => then(request, response), delayMs);
    response.once('close', () => timer.close());
  };
}

/** Never answers. */
export function hang(): Handler {
  return () => {};
}

/** Cuts the connection once the request is read. */
export function reset(): Handler {
  return (request) => void request.socket.resetAndDestroy();
}

/** Says JSON and sends something else. */
export function garbage(): Handler {
  return text('<html>It works!</html>', { 'content-type': 'application/json' });
}

/** Sends 100 MB of JSON. */
export function huge(): Handler {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    pipeline(hundredMegabytes(), response, () => {});
  };
}

/** Sends 100 MB of JSON, packed into 100 KB. */
export function gzipBomb(): Handler {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    pipeline(hundredMegabytes(), createGzip({ level: 1 }), response, () => {});
  };
}

/** Begins to answer at once, then sends a byte now and then and never ends. */
export function drip(everyMs: number): Handler {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('[');
    const timer = setInterval(() => response.write(' '), everyMs);
    response.once('close', () => clearInterval(timer));
  };
}

/** Answers each request with the next handler; the last one stays. */
export function inTurn(...handlers: Handler[]): Handler {
  return (request, response) => {
    const handler = handlers.length > 1 ? handlers.shift() : handlers[0];
    handler?.(request, response);
  };
}

function record(request: IncomingMessage, response: ServerResponse, open: Set<RecordedRequest>): RecordedRequest {
  const recorded = { method: request.method ?? '', path: request.url ?? '', aborted: false };
  open.add(recorded);
  response.once('close', () => {
    open.delete(recorded);
    recorded.aborted = !response.writableFinished;
  });
  return recorded;
}

function hundredMegabytes(): Readable {
  const megabyte = `"${'a'.repeat(999_997)}",`;
  return Readable.from(
    (function* () {
      yield '[';
      for (let count = 0; count < 100; count++) yield megabyte;
      yield '""]';
    })(),
    { objectMode: false, highWaterMark: 65_536 },
  );
}
