import { type IncomingMessage, maxHeaderSize, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { OpenRequests } from './open-requests.ts';
import { type Fault, toRefusal } from './refuse.ts';

/** The answers to invalid requests, by the code of Node's error. */
const FAULTS: Readonly<Record<string, Fault>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    message: `Expected headers of at most ${maxHeaderSize} bytes (--max-http-header-size of NODE_OPTIONS), got more.`,
  },
  HPE_INVALID_URL: { status: 400, message: 'Expected a target in ASCII, percent-encoded, got other characters.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, message: 'Expected chunks with short extensions, got long ones.' },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    message: 'Expected the headers of the request within 10 seconds, got only a part of them.',
  },
};
const NOT_HTTP: Fault = { status: 400, message: 'Expected an HTTP/1.1 request, got something else.' };

interface NotHttpEvents {
  /** Called with each fault that is answered. */
  onRefused: (fault: Fault, socket: Duplex) => void;
}

/** Answers bytes that are not a valid request, and CONNECT, with an error message in JSON. */
export function answerNotHttp(server: Server, openRequests: OpenRequests, { onRefused }: NotHttpEvents): void {
  const refuse = (socket: Duplex, fault: Fault) => {
    onRefused(fault, socket);
    end(socket, fault);
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // In the middle of a response, no other can be sent.
    if (!socket.writable || openRequests.isAnswering(socket)) return void socket.destroy();
    refuse(socket, FAULTS[error.code ?? ''] ?? NOT_HTTP);
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => {});
    refuse(socket, { status: 405, message: 'Expected GET or POST, got CONNECT: this server is no proxy.' });
  });
}

function end(socket: Duplex, fault: Fault): void {
  const { headers, body } = toRefusal(fault);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${fault.status} ${STATUS_CODES[fault.status]}`, ...lines, '', ''].join('\r\n');
  socket.end(Buffer.concat([Buffer.from(head), body]), () => socket.destroy());
}
