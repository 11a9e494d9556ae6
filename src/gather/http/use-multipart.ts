import { Readable } from 'node:stream';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { AttachedProperty } from '../attached-property.ts';
import type { Deadline } from '../concurrency/deadline.ts';
import { badRequest } from './bad-request.ts';
import { MultipartBody, tooLarge } from './multipart/multipart-body.ts';
import { withStatus } from './multipart/status.ts';
import { assertNotCoded, hasPreflight, PREFLIGHT_HEADERS, typeOf } from './preflight.ts';
import type { ServerContext } from './server-context.ts';
import type { UploadSlots } from './upload-slots.ts';

interface MultipartOptions {
  /** Largest file. */
  maxBytes: number;
  slots: UploadSlots;
}

/** Allowance for a request's fields and headers, besides its files. */
const REST_BYTES = 1_000_000;

/** A multipart request that is being read. */
interface Upload {
  body: MultipartBody;
  source: Readable;
  slot: Disposable;
}

const uploads = new AttachedProperty<Request, Upload>();

/**
 * Reads multipart requests as far as their operation needs them: files are streamed from the socket to the resolver that
 * opens them, without buffering. A request is refused before the first byte of a file is read, and files that no resolver
 * opened are not read after the response. While bytes of a file arrive, the deadline of the operation is extended.
 */
export function useMultipart({ maxBytes: maxFileBytes, slots }: MultipartOptions): Plugin<object, ServerContext> {
  const maxBytes = maxFileBytes + REST_BYTES;

  const open = (request: Request, { req }: ServerContext): Upload => {
    const type = request.headers.get('content-type') ?? '';
    assertPreflight(request);
    assertNotCoded(request);
    if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes);
    const source = req ?? Readable.from(copied(request.body ?? []));
    const body = new MultipartBody(source, type, maxBytes);
    return { body, source, slot: slots.take(req) };
  };

  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      if (!isMultipart(request)) return;
      setRequestParser(() => {
        const upload = open(request, serverContext);
        uploads.set(request, upload);
        return upload.body.readParams();
      });
    },
    onResultProcess({ request, result, setResult }) {
      if (isMultipart(request) && !isAsyncIterable(result) && !Array.isArray(result)) setResult(withStatus(result));
    },
    onResponse({ request, serverContext: { req } }) {
      if (!isMultipart(request)) return;
      const upload = uploads.get(request);
      upload?.body.close();
      upload?.slot[Symbol.dispose]();
      if (!req) upload?.source.destroy();
    },
  };
}

/** Binds the files of a request, if it has any, to a deadline: it closes the body, and each chunk that is read extends it. */
export function bindFiles(request: Request, deadline: Deadline): void {
  uploads.get(request)?.body.bind(deadline.signal, () => deadline.extend());
}

/** Whether a request has a multipart body. */
export function isMultipart(request: Request): boolean {
  return request.method === 'POST' && typeOf(request)?.essence === 'multipart/form-data';
}

function assertPreflight(request: Request): void {
  if (hasPreflight(request)) return;
  const names = PREFLIGHT_HEADERS.join(', ');
  throw badRequest(403, `Expected one of the headers ${names} in a multipart request, got none.`);
}

/** Copies the chunks of a caller in this process: their memory is released after use. */
async function* copied(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) yield Uint8Array.from(chunk);
}
