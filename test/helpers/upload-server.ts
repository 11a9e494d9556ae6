import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import pino from 'pino';
import { Files } from '../../src/gather/files/files.ts';
import type { Store } from '../../src/gather/files/store.ts';
import { createUploadRoute } from '../../src/gather/files/upload-route.ts';
import { Uploads } from '../../src/gather/files/uploads.ts';
import { OpenRequests } from '../../src/gather/http/open-requests.ts';
import { UploadSlots } from '../../src/gather/http/upload-slots.ts';
import type { TestDatabase } from './database.ts';
import { fixture } from './fixture.ts';

/** What a request was answered with. */
export interface UploadAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** The route for uploads behind a real socket, with nothing else. */
export interface UploadServer extends AsyncDisposable {
  url: string;
  port: number;
  store: Store;
  uploads: Uploads;
  /** Lines of the log. */
  log: string[];
  /** Announces a file of so many bytes. @returns the path to send it to */
  announce(size: number, announced?: Partial<Parameters<Uploads['create']>[1]>): Promise<string>;
  /** Sends one request on a connection of its own. */
  ask(
    method: string,
    path: string,
    headers?: OutgoingHttpHeaders,
    body?: Buffer | AsyncIterable<Buffer>,
  ): Promise<UploadAnswer>;
}

/** Starts it. Dispose of it; the store and the database are the caller's. */
export async function startUploadServer(
  { pools, database }: TestDatabase,
  store: Store,
  maxBytes = 1_000_000_000,
): Promise<UploadServer> {
  const log: string[] = [];
  const files = new Files({
    store,
    attachments: fixture.app.attachments,
    maxBytes,
    quota: { maxBytes: 100_000_000_000, maxBytesPerOwner: 10_000_000_000, maxFilesPerOwner: 100_000 },
    onKept: async () => {},
    onDeleted: async () => {},
  });
  const uploads = new Uploads({ files, pools });
  const route = createUploadRoute({
    uploads,
    slots: new UploadSlots(),
    log: pino({}, { write: (line: string) => void log.push(line) }),
    maxBytes,
    publicUrl: ({ headers }) => `http://${headers.host}`,
  });
  const openRequests = new OpenRequests();
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    openRequests.add(incoming, outgoing);
    openRequests.track(route(incoming, outgoing));
  };
  const server = createServer(answer).on('checkContinue', answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    store,
    uploads,
    log,
    announce: async (size, announced) => {
      const { token } = await uploads.create(database, { name: 'smoke.bin', owner: null, size, ...announced });
      return `/uploads/${token}`;
    },
    ask: (method, path, headers = {}, body = Buffer.alloc(0)) => ask(`${url}${path}`, method, headers, body),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await openRequests.settled(5000);
    },
  };
}

async function ask(
  url: string,
  method: string,
  headers: OutgoingHttpHeaders,
  body: Buffer | AsyncIterable<Buffer>,
): Promise<UploadAnswer> {
  const length = Buffer.isBuffer(body) ? { 'content-length': body.length } : {};
  const outgoing = request(url, { method, headers: { ...length, ...headers }, agent: false });
  const answered = once(outgoing, 'response');
  // Whoever is answered early may be cut off while it still sends.
  outgoing.on('error', () => {});
  outgoing.flushHeaders();
  Readable.from(Buffer.isBuffer(body) ? [body] : body)
    .on('error', () => outgoing.destroy())
    .pipe(outgoing);
  const [response] = (await answered) as [IncomingMessage];
  const { statusCode: status = 0 } = response;
  return { status, headers: response.headers, body: await text(response).catch(() => '') };
}
