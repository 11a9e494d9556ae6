import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { GraphQLParams } from 'graphql-yoga';
import type { Deadline } from '../../concurrency/deadline.ts';
import { badRequest } from '../bad-request.ts';
import { assertNotCoded, hasPreflight, PREFLIGHT_HEADERS, typeOf } from '../preflight.ts';
import type { UploadSlots } from '../upload-slots.ts';
import { MultipartBody, tooLarge } from './multipart-body.ts';

export interface MultipartOptions {
  /** Largest file. */
  uploadMaxBytes: number;
  slots: UploadSlots;
}

/** Allowance for a request's fields and headers, besides its files. */
const REST_BYTES = 1_000_000;

/**
 * A multipart request, which is read as far as its operation needs it: files are streamed from the socket to the resolver
 * that opens them, without buffering. A request is refused before the first byte of a file is read. Dispose of it once its
 * response is there: files that no resolver opened are not read after that.
 */
export class MultipartRequest implements Disposable {
  readonly #body: MultipartBody;
  readonly #slot: Disposable;
  /** Of a caller in this process. */
  readonly #source: Readable | undefined;

  /** @param req the request of the Node server, if there is one */
  constructor(request: Request, req: IncomingMessage | undefined, { uploadMaxBytes, slots }: MultipartOptions) {
    const maxBytes = uploadMaxBytes + REST_BYTES;
    assertPreflight(request);
    assertNotCoded(request);
    if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes);
    this.#source = req ? undefined : Readable.from(copied(request.body ?? []));
    const source = req ?? (this.#source as Readable);
    this.#body = new MultipartBody(source, request.headers.get('content-type') ?? '', maxBytes);
    this.#slot = slots.take(req);
  }

  readParams(): Promise<GraphQLParams> {
    return this.#body.readParams();
  }

  /** Binds the files to the deadline of their operation: it closes the body, and each chunk that is read extends it. */
  bind(deadline: Deadline): void {
    this.#body.bind(deadline.signal, () => deadline.extend());
  }

  [Symbol.dispose](): void {
    this.#body.close();
    this.#slot[Symbol.dispose]();
    this.#source?.destroy();
  }
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
