import { type IncomingMessage, maxHeaderSize, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { OpenRequests } from './open-requests.ts';
import { type Fault, toRefusal } from './refuse.ts';

/** By the codes of Node's errors. */
const FAULTS: Readonly<Record<string, Fault>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: `Expected a head of at most ${maxHeaderSize} bytes, got more.` },
  HPE_INVALID_URL: { status: 400, message: 'Expected a target in ASCII, percent-encoded, got other characters.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, message: 'Expected chunks with short extensions, got long ones.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'Expected the whole head of a request sooner, got a part of it.' },
};
const NOT_HTTP: Fault = { status: 400, message: 'Expected a request in HTTP/1.1, got what is none.' };

/** Says in words what is wrong with bytes that are no request, and with requests that Node does not hand on. */
export function answerNotHttp(server: Server, exchanges: OpenRequests): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Within an answer nothing else can be said.
    if (!socket.writable || exchanges.isAnswering(socket)) return void socket.destroy();
    end(socket, FAULTS[error.code ?? ''] ?? NOT_HTTP);
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => {});
    end(socket, { status: 405, message: 'Expected GET or POST, got CONNECT: this server is no proxy.' });
  });
}

function end(socket: Duplex, fault: Fault): void {
  const { headers, body } = toRefusal(fault);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${fault.status} ${STATUS_CODES[fault.status]}`, ...lines, '', ''].join('\r\n');
  socket.end(Buffer.concat([Buffer.from(head), body]), () => socket.destroy());
}
