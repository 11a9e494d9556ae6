import type { IncomingMessage } from 'node:http';
import type { GraphQLParams } from 'graphql-yoga';
import { limitKeyOf } from '../concurrency/limit-key.ts';
import { Quota } from '../concurrency/quota.ts';
import { CLIENT_LEFT } from '../errors.ts';
import { addressOf } from './address.ts';
import { badRequest } from './bad-request.ts';
import { BodyBuffer, SMALL_BYTES } from './body-buffer.ts';
import { toParams } from './graphql-params.ts';
import { assertJson, assertNotCoded } from './preflight.ts';

export interface JsonBodyOptions {
  bodyMaxBytes: number;
  proxyHops: number;
  /** Time for the whole body. @default 30_000 */
  timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 30_000;
/** Buffered for all incomplete bodies. */
const MAX_BUFFERED_BYTES = 16_000_000;
/** Buffered for the incomplete bodies of one address. */
const MAX_BUFFERED_BYTES_PER_ADDRESS = 4_000_000;

/** Drops a byte order mark before the JSON. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @param req the request of the Node server, if there is one */
export type ReadJson = (request: Request, req: IncomingMessage | undefined) => Promise<GraphQLParams>;

/**
 * Creates a function that reads the parameters in the body of a POST, which must be JSON of at most `bodyMaxBytes`. If there
 * is a Node request, the bytes are read from that: a web stream costs more than executing a small query. Other content types
 * are refused, because a form on any page could send them.
 */
export function createReadJson({
  bodyMaxBytes: maxBytes,
  proxyHops,
  timeoutMs = TIMEOUT_MS,
}: JsonBodyOptions): ReadJson {
  const quota = new Quota({
    total: Math.max(MAX_BUFFERED_BYTES, maxBytes),
    perKey: Math.max(MAX_BUFFERED_BYTES_PER_ADDRESS, maxBytes),
  });
  const createBuffer = (req: IncomingMessage) =>
    new BodyBuffer({ quota, sender: () => limitKeyOf(addressOf(req, proxyHops)), maxBytes });
  return async (request, req) => {
    assertJson(request);
    assertNotCoded(request);
    const reading = req
      ? readStream(req, { body: createBuffer(req), maxBytes, timeoutMs })
      : readWhole(request, maxBytes);
    return toParams(decode(await reading));
  };
}

interface Reading {
  body: BodyBuffer;
  maxBytes: number;
  timeoutMs: number;
}

/** Reads by events: async iteration over the stream costs as much as a small query. */
function readStream(request: IncomingMessage, { body, maxBytes, timeoutMs }: Reading): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let isDropped = false;
    const timer = setTimeout(() => reject(tooSlow(timeoutMs)), timeoutMs);
    request.once('close', () => {
      clearTimeout(timer);
      body.drop();
    });
    request.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      // The excess is read and dropped: a client does not read the response while it is still sending.
      if (isDropped || body.add(chunk)) return;
      isDropped = true;
      body.drop();
    });
    request.on('end', () => {
      if (bytes > maxBytes) reject(tooLong(maxBytes, bytes));
      else if (isDropped) reject(busy());
      else resolve(body.bytes);
    });
    request.on('error', () => reject(CLIENT_LEFT));
  });
}

async function readWhole(request: Request, maxBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > maxBytes) throw tooLong(maxBytes, bytes.length);
  return bytes;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw badRequest(400, 'Expected JSON in UTF-8, got bytes that are not UTF-8.');
  }
}

function tooSlow(timeoutMs: number) {
  return badRequest(408, `Expected the whole body within ${timeoutMs / 1000} seconds, got only a part of it.`);
}

function tooLong(maxBytes: number, bytes: number) {
  return badRequest(413, `Expected a body of at most ${maxBytes} bytes (MAX_BODY_BYTES), got ${bytes}.`);
}

function busy() {
  return badRequest(
    429,
    `Expected a body of at most ${SMALL_BYTES} bytes while many others are arriving. Try again later.`,
  );
}
