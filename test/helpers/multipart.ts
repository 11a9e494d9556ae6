import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { readText } from './client.ts';

/** One part of a form. It is a file where it has a name. */
export interface Part {
  field: string;
  filename?: string;
  content: string | Uint8Array;
}

/** What became of a request. */
export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
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
export const FORM_HEADERS = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, 'x-gather-preflight': '1' };

export const UPLOAD = `mutation ($file: File!, $itemId: ID) {
  uploadFile(input: { file: $file, itemId: $itemId }) {
    file { id name type size sha256 url }
    userErrors { code message field }
  }
}`;

/** The parts of a GraphQL multipart request that uploads one file, whose content comes last. */
export function toUpload(
  content: string | Uint8Array,
  { filename = 'a.txt', itemId = null as string | null } = {},
): Part[] {
  return [
    { field: 'operations', content: JSON.stringify({ query: UPLOAD, variables: { file: null, itemId } }) },
    { field: 'map', content: '{"0":["variables.file"]}' },
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

/** Begins to send a form, as a client that would keep its connection, and goes on sending after the answer. */
export function sendForm(url: string, headers: OutgoingHttpHeaders = {}): Sending {
  const { promise: answer, resolve, reject } = Promise.withResolvers<Answered>();
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
  const outgoing = request(`${url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: { ...FORM_HEADERS, ...headers },
  });
  outgoing.setNoDelay();
  outgoing.once('response', (response) => {
    const { statusCode: status = 0, headers } = response;
    readText(response).then((text) => resolve({ status, headers, body: text && JSON.parse(text) }), reject);
  });
  outgoing.on('error', reject);
  outgoing.once('close', () => agent.destroy());
  outgoing.once('socket', (socket) => socket.once('close', onClosed));
  answer.catch(() => {});
  let sent = 0;
  return {
    get sent() {
      return sent;
    },
    async write(bytes) {
      if (outgoing.destroyed) return false;
      sent += bytes.length;
      if (outgoing.write(bytes)) return true;
      const { promise: drained, resolve: onDrained } = Promise.withResolvers<void>();
      outgoing.once('drain', onDrained);
      await Promise.race([drained, closed]);
      outgoing.off('drain', onDrained);
      return !outgoing.destroyed;
    },
    end: (bytes) => void outgoing.end(bytes),
    answer,
    closed,
    leave: () => void outgoing.destroy(),
  };
}

function encodePart({ field, filename, content }: Part): Buffer {
  const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/octet-stream`;
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"${file}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(content), Buffer.from('\r\n')]);
}
