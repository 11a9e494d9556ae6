import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { CLIENT_LEFT, GatherError } from '../errors.ts';
import { mediaTypeOf } from '../header-fields.ts';
import { type Fault, refuse } from '../http/refuse.ts';
import type { UploadSlots } from '../http/upload-slots.ts';
import type { Logger } from '../monitoring/log.ts';
import { answerError } from './answer-error.ts';
import { logFailure } from './log-failure.ts';
import { release } from './release.ts';
import type { Route } from './routes.ts';
import { answerCreated, toProgressHeaders } from './upload-answers.ts';
import { assertEnds, assertFits, type Piece, tooShort, toPiece } from './upload-request.ts';
import { noMoreBytes, type Progress, type Uploads } from './uploads.ts';

interface UploadSource {
  uploads: Uploads;
  slots: UploadSlots;
  log: Logger;
  /** Largest file. */
  maxBytes: number;
  /** The URL at which the client of a request reaches the server: `https://app.example`. */
  publicUrl: (request: IncomingMessage) => string;
}

/** A request, its response, and the dependencies of its handlers. */
interface Exchange extends UploadSource {
  request: IncomingMessage;
  response: ServerResponse;
  token: string;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
}

const VERSION = '1.0.0';
const ALLOW = 'OPTIONS, HEAD, PUT, PATCH, DELETE';
const PATH = /^\/uploads\/([\w-]{43})$/;
const PIECE_TYPE = 'application/offset+octet-stream';
const RETRY_AFTER_SECONDS = 5;

/**
 * `/uploads/<token>` receives the bytes of an announced file. PUT sends the file or all of its missing bytes, PATCH a
 * piece, as in tus 1.0.0 (https://tus.io/protocols/resumable-upload); HEAD returns the progress, DELETE cancels.
 *
 * The token is the credential, and no cookie is read. Pages of other sites do not know it, so no CSRF header is required.
 */
export function createUploadRoute(source: UploadSource): Route {
  return async (request, response) => {
    const start = performance.now();
    const gone = new AbortController();
    response.once('close', () => gone.abort(CLIENT_LEFT));
    response.setHeader('tus-resumable', VERSION);
    const exchange = { ...source, request, response, token: tokenOf(request), signal: gone.signal };
    try {
      await answer(exchange);
    } catch (error) {
      await answerFailure(exchange, error);
    }
    const status = response.headersSent ? response.statusCode : 'client left';
    // Otherwise there is a line that says why.
    if (typeof status === 'number' && status >= 400) return;
    source.log.info({ request: `${request.method} /uploads`, status, ms: Math.round(performance.now() - start) });
  };
}

async function answer(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  // Not every client can send a PATCH: https://tus.io/protocols/resumable-upload#x-http-method-override
  const method = request.headers['x-http-method-override'] ?? request.method;
  const version = request.headers['tus-resumable'] ?? VERSION;
  if (method === 'OPTIONS') return answerOptions(exchange);
  if (version !== VERSION) return refuseVersion(exchange, `${version}`);
  switch (method) {
    case 'HEAD':
      return void response.writeHead(200, toProgressHeaders(await readProgress(exchange))).end();
    case 'PUT':
      return put(exchange);
    case 'PATCH':
      return patch(exchange);
    case 'DELETE':
      await exchange.uploads.terminate(exchange.token, exchange.signal);
      return void response.writeHead(204).end();
    default:
      return refuseWith(exchange, {
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
        message: `Expected one of ${ALLOW}, got ${method}.`,
      });
  }
}

function answerOptions({ response, maxBytes }: Exchange): void {
  response.writeHead(204, {
    allow: ALLOW,
    'tus-version': VERSION,
    'tus-extension': 'termination',
    'tus-max-size': maxBytes,
  });
  response.end();
}

/** Completes the file if all bytes are there, but a crash prevented that. */
async function readProgress({ uploads, token, signal }: Exchange): Promise<Progress> {
  const progress = await uploads.find(token, signal);
  const { file, offset, size } = progress;
  return file || offset < size ? progress : uploads.complete(token, signal);
}

async function put(exchange: Exchange): Promise<void> {
  const { request, response, publicUrl } = exchange;
  const piece = toPiece(request);
  const progress = await receive(exchange, piece, assertFits, assertEnds);
  const { file, offset, size } = progress;
  if (!file) throw tooShort(size, offset);
  answerCreated(response, progress, file, publicUrl(request));
}

async function patch(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const type = request.headers['content-type'] ?? 'nothing';
  if (mediaTypeOf(type)?.essence !== PIECE_TYPE) {
    const message = `Expected the Content-Type ${PIECE_TYPE}, got ${type}.`;
    return refuseWith(exchange, { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message });
  }
  const piece = toPiece(request);
  if (piece.offset === undefined) throw new GatherError('INVALID_INPUT', 'Expected an Upload-Offset, got none.');
  response.writeHead(204, toProgressHeaders(await receive(exchange, piece, assertFits))).end();
}

/** Receives the bytes of a request, once its headers pass the asserts. */
async function receive(exchange: Exchange, piece: Piece, ...asserts: (typeof assertFits)[]): Promise<Progress> {
  const { request, uploads, slots, token, signal } = exchange;
  using _slot = slots.take(request);
  const progress = await uploads.find(token, signal);
  const { file, offset, size: total } = progress;
  if (piece.length === 0 && offset === total && (piece.offset ?? offset) === offset) {
    return file ? progress : await uploads.complete(token, signal);
  }
  if (file) throw noMoreBytes();
  for (const assert of asserts) assert(piece, total);
  return await uploads.receive(token, piece.offset, bodyOf(exchange), signal);
}

async function* bodyOf({ request, response }: Exchange): AsyncGenerator<Uint8Array, void, void> {
  // A client that waits for this has sent nothing until now.
  if (request.headers.expect !== undefined) response.writeContinue();
  // Not destroyed: the rest of the body is dropped after the response.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    yield chunk;
    release(chunk);
  }
}

async function answerFailure(exchange: Exchange, error: unknown): Promise<void> {
  const { request, response, log } = exchange;
  if (isDisconnect(error, request)) return;
  logFailure(log, `${request.method} /uploads`, error);
  answerError(response, error, await toFailureHeaders(exchange, error));
}

/** Headers that tell the client where to continue, or when to try again. */
async function toFailureHeaders({ uploads, token, signal }: Exchange, error: unknown): Promise<OutgoingHttpHeaders> {
  const code = error instanceof GatherError ? error.code : undefined;
  if (code === 'BUSY' || code === 'LOCKED') return { 'retry-after': `${RETRY_AFTER_SECONDS}` };
  if (code !== 'CONFLICT') return {};
  return uploads
    .find(token, signal)
    .then(toProgressHeaders)
    .catch(() => ({}));
}

function refuseVersion(exchange: Exchange, version: string): void {
  const message = `Expected Tus-Resumable: ${VERSION}, got ${version}.`;
  refuseWith(exchange, { status: 412, code: 'PRECONDITION_FAILED', message });
}

function refuseWith({ response }: Exchange, fault: Fault): void {
  refuse(response, { ...fault, headers: { allow: ALLOW, 'tus-version': VERSION } });
}

/** Whether the error only means that the client left. */
function isDisconnect(error: unknown, request: IncomingMessage): boolean {
  if (error === CLIENT_LEFT || error === request.errored) return true;
  return error instanceof Error && (error.name === 'AbortError' || error.message === 'Premature close');
}

/** Empty if the path has no token; an empty token is never known. */
function tokenOf({ url = '' }: IncomingMessage): string {
  return PATH.exec(url.replace(/\?.*/s, ''))?.[1] ?? '';
}
