import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { STAFF_HEADERS } from './app.ts';

/** One part of a form. It is a file where it has a name. */
export interface Part {
  field: string;
  filename?: string;
  content: string | Uint8Array;
}

/** What became of a request. */
export interface Answered {
  status: number;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of any shape
  body: any;
}

/** A request on a connection of its own, whose body a test writes piece by piece. */
export interface Sending {
  /** Bytes of the body that were given to the connection. */
  readonly sent: number;
  /** Resolves when the connection has room again. False once it is closed. */
  write(bytes: string | Uint8Array): Promise<boolean>;
  end(bytes?: string | Uint8Array): void;
  /** The answer, which may come before the end of the body. Rejects where the connection closes without one. */
  answer: Promise<Answered>;
  /** Resolves when the connection is closed. */
  closed: Promise<void>;
  /** Cuts the connection. */
  leave(): void;
}

export const BOUNDARY = '----a-boundary';
export const FORM_HEADERS = {
  ...STAFF_HEADERS,
  'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
  'x-gather-preflight': '1',
};

export const UPLOAD = `mutation ($input: UploadFileInput!) {
  uploadFile(input: $input) {
    file { id name type size sha256 url }
    userErrors { code message field }
  }
}`;

/**
 * The parts of a GraphQL multipart request that uploads one file, whose content comes last.
 * @param input what is said besides the file
 */
export function toUpload(
  content: string | Uint8Array,
  { filename = 'a.txt', input = {} as Record<string, unknown> } = {},
): Part[] {
  return [
    { field: 'operations', content: JSON.stringify({ query: UPLOAD, variables: { input: { file: null, ...input } } }) },
    { field: 'map', content: '{"0":["variables.input.file"]}' },
    { field: '0', filename, content },
  ];
}

/** A whole body. */
export function encode(parts: readonly Part[]): Buffer {
  return Buffer.concat([...parts.map(encodePart), Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

/** A body as far as the beginning of its last part's content; then what comes after that. */
export function encodeAround(parts: readonly Part[]): [head: Buffer, tail: Buffer] {
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const whole = encode(parts);
  return [whole.subarray(0, whole.length - tail.length), tail];
}

/** A form as `fetch` sends it. */
export function toForm(parts: readonly Part[]): FormData {
  const form = new FormData();
  for (const { field, filename, content } of parts) {
    if (filename === undefined) form.append(field, String(content));
    else form.append(field, new File([content as BlobPart], filename), filename);
  }
  return form;
}

/**
 * Begins to send a form, as a client that would keep its connection, and that goes on sending after its answer. The body
 * is sent in chunks where its length is not said.
 */
export function sendForm(url: string, headers: Record<string, string | number> = {}): Sending {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const isChunked = headers['content-length'] === undefined;
  const all = { host, ...FORM_HEADERS, ...(isChunked && { 'transfer-encoding': 'chunked' }), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /graphql HTTP/1.1\r\n${lines.join('')}\r\n`);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const answer = readAnswer(socket);
  const write = (bytes: string | Uint8Array) => {
    if (!isChunked) return socket.write(bytes);
    socket.cork();
    socket.write(`${bytes.length.toString(16)}\r\n`);
    socket.write(bytes);
    const hasRoom = socket.write('\r\n');
    socket.uncork();
    return hasRoom;
  };
  let sent = 0;
  return {
    get sent() {
      return sent;
    },
    async write(bytes) {
      if (socket.destroyed) return false;
      sent += bytes.length;
      if (write(bytes)) return true;
      const drained = once(socket, 'drain').catch(() => {});
      await Promise.race([drained, closed]);
      return !socket.destroyed;
    },
    end(bytes) {
      if (bytes) write(bytes);
      if (isChunked) socket.write('0\r\n\r\n');
      answer.then(
        () => socket.destroy(),
        () => {},
      );
    },
    answer,
    closed,
    leave: () => void socket.destroy(),
  };
}

/** Reads an answer whose length is said. */
function readAnswer(socket: Socket): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (piece: string) => {
    text += piece;
    const [head = '', body = ''] = text.split('\r\n\r\n', 2);
    const [first = '', ...lines] = head.toLowerCase().split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => line.split(': ', 2)));
    if (body.length !== Number(headers['content-length'])) return;
    const json = Buffer.from(body, 'latin1').toString();
    resolve({ status: Number(first.split(' ')[1]), headers, body: JSON.parse(json) });
  });
  socket.on('error', reject);
  socket.once('close', () => reject(new Error(`The connection closed before the end of an answer: ${text}`)));
  promise.catch(() => {});
  return promise;
}

function encodePart({ field, filename, content }: Part): Buffer {
  const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/octet-stream`;
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"${file}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(content), Buffer.from('\r\n')]);
}
