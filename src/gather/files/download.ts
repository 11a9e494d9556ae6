import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { addAbortSignal, type Readable } from 'node:stream';
import type { FileRow } from '../database/engine-tables.generated.ts';
import { refuse } from '../http/refuse.ts';
import { toByteRange } from './byte-range.ts';
import { checkConditions, isRangeCurrent, type Validators } from './conditions.ts';
import { toContentDisposition } from './content-disposition.ts';
import { release } from './release.ts';
import type { ByteRange, Store } from './store.ts';

/** The columns needed to send a file. */
export const SENT_COLUMNS = ['key', 'name', 'type', 'size', 'sha256', 'createdAt'] as const;

/** The part of a file's row that is needed to send it. */
export type SentFile = Pick<FileRow, (typeof SENT_COLUMNS)[number]>;

/**
 * Files must not run scripts or load anything from this origin. The page in which a browser wraps a video loads the file
 * itself and has inline styles.
 */
const POLICY = "sandbox; default-src 'none'; media-src 'self'; style-src 'unsafe-inline'";

/**
 * Answers a GET or HEAD with a file, a range of it, 304, 412 or 416. The bytes are read no faster than the client takes
 * them.
 * @param signal aborts when the client leaves
 * @throws what the store throws, and Error if its bytes are fewer or more than the row says. If the headers have been
 *   sent by then, the caller must close the connection.
 */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: SentFile,
  store: Pick<Store, 'read'>,
  signal: AbortSignal,
): Promise<void> {
  const { method, headers } = request;
  const size = Number(file.size);
  const validators = toValidators(file);
  const condition = checkConditions(headers, validators);
  if (condition === 'precondition failed') return refuseCondition(response);
  if (condition === 'not modified') return void response.writeHead(304, toCachingHeaders(validators)).end();

  // HEAD has no ranges: RFC 9110, section 14.2.
  const mayUseRange = method === 'GET' && isRangeCurrent(headers, validators);
  const range = mayUseRange ? toByteRange(headers.range, size) : undefined;
  if (range === 'unsatisfiable') return refuseRange(response, size);

  const length = range ? range.end - range.start + 1 : size;
  const bytes = method === 'HEAD' ? undefined : await store.read(file.key, signal, range);
  response.writeHead(range ? 206 : 200, { ...toHeaders(file, validators), ...toLengthHeaders(length, size, range) });
  if (!bytes) return void response.end();
  await write(bytes, length, response, signal);
}

/** @throws Error for any other number of bytes: the client would wait, or take the excess for another response */
async function write(bytes: Readable, length: number, response: ServerResponse, signal: AbortSignal): Promise<void> {
  let sent = 0;
  for await (const chunk of addAbortSignal(signal, bytes)) {
    sent += chunk.length;
    if (sent > length) break;
    const isRoom = response.write(chunk, (error) => {
      // After an error, the system may still be sending the chunk.
      if (!error) release(chunk);
    });
    if (!isRoom) await once(response, 'drain', { signal });
  }
  if (sent !== length) {
    throw new Error(`Expected ${length} bytes from the store, got ${sent > length ? 'more' : sent}.`);
  }
  response.end();
}

function toValidators({ sha256, createdAt }: SentFile): Validators {
  return { etag: `"${sha256}"`, lastModified: new Date(createdAt).toUTCString() };
}

/** A browser may store a file, but must revalidate it each time: it may have been deleted. */
function toCachingHeaders({ etag, lastModified }: Validators): OutgoingHttpHeaders {
  return { etag, 'last-modified': lastModified, 'cache-control': 'private, no-cache' };
}

function toHeaders({ name, type }: SentFile, validators: Validators): OutgoingHttpHeaders {
  return {
    ...toCachingHeaders(validators),
    // Text is detected as such only if it is UTF-8.
    'content-type': type === 'text/plain' ? 'text/plain; charset=utf-8' : type,
    'content-disposition': toContentDisposition(name, type),
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-security-policy': POLICY,
    // Anybody who knows the URL may have the file, so pages of other sites may embed it.
    'cross-origin-resource-policy': 'cross-origin',
  };
}

function toLengthHeaders(length: number, size: number, range: ByteRange | undefined): OutgoingHttpHeaders {
  return {
    'content-length': length,
    ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${size}` }),
  };
}

function refuseCondition(response: ServerResponse): void {
  const message = 'Expected preconditions (If-Match, If-Unmodified-Since) that the file meets, got others.';
  refuse(response, { status: 412, code: 'PRECONDITION_FAILED', message });
}

function refuseRange(response: ServerResponse, size: number): void {
  const message = `Expected a range that begins within the ${size} bytes of this file, got another.`;
  const headers = { 'content-range': `bytes */${size}` };
  refuse(response, { status: 416, code: 'RANGE_NOT_SATISFIABLE', message, headers });
}
