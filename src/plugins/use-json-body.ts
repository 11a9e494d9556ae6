import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import { GatherError } from '../errors.ts';
import type { Limits } from '../limits/limits.ts';
import { badRequest, toParams } from './graphql-params.ts';
import { isMultipart } from './use-multipart.ts';

/** What the Node server hands along; absent in `app.fetch`. */
interface ServerContext {
  req?: IncomingMessage;
}

const TIMEOUT_MS = 30_000;
/** Of all bodies that are not complete, so that those who send halves cannot fill the memory. */
const MAX_WAITING_BYTES = 16_000_000;
/** A body of so many is taken all the same. */
const SMALL_BYTES = 8192;
const CLIENT_LEFT = new GatherError('CANCELLED', 'The client left.');

const JSON_TYPE = /^application\/json\s*(;|$)/i;
/** JSON on the network is UTF-8: https://www.rfc-editor.org/rfc/rfc8259#section-8.1 */
const OTHER_CHARSET = /;\s*charset\s*=\s*(?!"?utf-8)/i;
/** It drops the mark that some put before their JSON. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the body of a POST, which must be JSON and at most `bodyMaxBytes` long. It takes the bytes from Node's own
 * request where there is one: the way through a web stream costs more than the execution of a small query. No other type
 * of body is read, because a form on any page could send it; multipart requests are left to `useMultipart`.
 *
 * @param timeoutMs for the whole body
 */
export function useJsonBody(
  { bodyMaxBytes: maxBytes }: Pick<Limits, 'bodyMaxBytes'>,
  timeoutMs = TIMEOUT_MS,
): Plugin<object, ServerContext> {
  const waiting = { bytes: 0 };
  return {
    onRequestParse({ request, serverContext, setRequestParser, endResponse, fetchAPI }) {
      if (request.method !== 'POST' || isMultipart(request)) return;
      const type = request.headers.get('content-type') ?? '';
      if (!JSON_TYPE.test(type) || OTHER_CHARSET.test(type)) {
        return endResponse(new fetchAPI.Response(null, { status: 415, headers: { accept: 'application/json' } }));
      }
      const { req } = serverContext;
      const read = () => (req ? readStream(req, { maxBytes, timeoutMs, waiting }) : readWhole(request, maxBytes));
      setRequestParser(async () => toParams(decode(await read())));
    },
  };
}

interface Reading {
  maxBytes: number;
  timeoutMs: number;
  /** Bytes of this body and of others, until they are complete. */
  waiting: { bytes: number };
}

/** Listens to the stream itself: to iterate over it costs as much as a small query. */
function readStream(request: IncomingMessage, { maxBytes, timeoutMs, waiting }: Reading): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let kept = 0;
    let isBusy = false;
    const forget = () => {
      waiting.bytes -= kept;
      kept = 0;
      chunks.length = 0;
    };
    const timer = setTimeout(() => reject(tooSlow(timeoutMs)), timeoutMs);
    request.once('close', () => {
      clearTimeout(timer);
      forget();
    });
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      isBusy ||= bytes > SMALL_BYTES && waiting.bytes + chunk.length > MAX_WAITING_BYTES;
      // What is too much is read all the same, and dropped: a client that still sends does not look at an answer.
      if (isBusy || bytes > maxBytes) return forget();
      chunks.push(chunk);
      kept += chunk.length;
      waiting.bytes += chunk.length;
    });
    request.on('end', () => {
      if (bytes > maxBytes) reject(tooLong(maxBytes, bytes));
      else if (isBusy) reject(busy());
      else resolve(Buffer.concat(chunks));
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
