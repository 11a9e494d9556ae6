import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import { limitKeyOf } from '../concurrency/limit-key.ts';
import { Quota } from '../concurrency/quota.ts';
import { CLIENT_LEFT } from '../errors.ts';
import { addressOf } from './address.ts';
import { BodyBuffer, SMALL_BYTES } from './body-buffer.ts';
import { badRequest, toParams } from './graphql-params.ts';
import { assertJson, assertNotCoded } from './preflight.ts';
import { isMultipart } from './use-multipart.ts';

/** What the Node server hands along; absent in `app.fetch`. */
interface ServerContext {
  req?: IncomingMessage;
}

interface JsonBodyOptions {
  bodyMaxBytes: number;
  proxyHops: number;
  /** For the whole body. @default 30_000 */
  timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 30_000;
/** Of all bodies that are not complete. */
const MAX_HELD_BYTES = 16_000_000;
/** Of those from one address. */
const MAX_HELD_BYTES_OF_SENDER = 4_000_000;

/** It drops the mark that some put before their JSON. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the body of a POST, which must be JSON and at most `bodyMaxBytes` long. It takes the bytes from Node's own
 * request where there is one: the way through a web stream costs more than the execution of a small query. No other type
 * of body is read, because a form on any page could send it; multipart requests are left to `useMultipart`.
 */
export function useJsonBody({
  bodyMaxBytes: maxBytes,
  proxyHops,
  timeoutMs = TIMEOUT_MS,
}: JsonBodyOptions): Plugin<object, ServerContext> {
  const quota = new Quota({
    total: Math.max(MAX_HELD_BYTES, maxBytes),
    perKey: Math.max(MAX_HELD_BYTES_OF_SENDER, maxBytes),
  });
  const hold = (req: IncomingMessage) =>
    new BodyBuffer({ quota, sender: () => limitKeyOf(addressOf(req, proxyHops)), maxBytes });
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      if (request.method !== 'POST' || isMultipart(request)) return;
      assertJson(request);
      assertNotCoded(request);
      const { req } = serverContext;
      const read = () =>
        req ? readStream(req, { body: hold(req), maxBytes, timeoutMs }) : readWhole(request, maxBytes);
      setRequestParser(async () => toParams(decode(await read())));
    },
  };
}

interface Reading {
  body: BodyBuffer;
  maxBytes: number;
  timeoutMs: number;
}

/** Listens to the stream itself: to iterate over it costs as much as a small query. */
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
      // What is too much is read all the same, and dropped: a client that still sends does not look at an answer.
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
    throw badRequest(400, 'Expected JSON in UTF-8, got bytes that are none.');
  }
}

function tooSlow(timeoutMs: number) {
  return badRequest(408, `Expected the whole body within ${timeoutMs / 1000} seconds, got a part of it.`);
}

function tooLong(maxBytes: number, bytes: number) {
  return badRequest(413, `Expected a body of at most ${maxBytes} bytes, got ${bytes}.`);
}

function busy() {
  return badRequest(429, `Expected a body of at most ${SMALL_BYTES} bytes while many others come in. Try again later.`);
}
