import type { Readable } from 'node:stream';
import busboy from 'busboy';
import type { GraphQLParams } from 'graphql-yoga';
import { CLIENT_LEFT, GatherError } from '../../errors.ts';
import { badRequest } from '../bad-request.ts';
import { parseJson, toParams } from '../graphql-params.ts';
import { brokenOff } from './file-part.ts';
import { FileParts } from './file-parts.ts';
import { MAX_FILES, placeFiles } from './place-files.ts';

/** Largest of the two fields, each. */
const MAX_FIELD_BYTES = 500_000;
const FIELDS_TIMEOUT_MS = 10_000;
/** The parser keeps each chunk of a field; one of a single byte takes hundreds. */
const MAX_CHUNKS = 10_000;

const ANSWERED = new GatherError('CANCELLED', 'The answer was sent without this file.');

/**
 * The body of a GraphQL multipart request: the fields `operations` and `map`, then the files. It is read only on demand:
 * bytes of a file that nobody opens stay with the client. Close it; its source stays open.
 * https://github.com/jaydenseric/graphql-multipart-request-spec
 */
export class MultipartBody {
  readonly #source: Readable;
  readonly #parser: busboy.Busboy;
  readonly #maxBytes: number;
  readonly #files = new FileParts();
  readonly #params = Promise.withResolvers<GraphQLParams>();
  #operations: GraphQLParams | undefined;
  #isMapped = false;
  #bytes = 0;
  #chunks = 0;

  /** @throws 400 if the content type names no boundary */
  constructor(source: Readable, contentType: string, maxBytes: number) {
    this.#source = source;
    this.#parser = createParser(contentType);
    this.#maxBytes = maxBytes;
  }

  /**
   * Reads the two fields. @returns the operation, with a file in each place that the map names; no byte of a file is read
   * @throws 400 and 413, TOO_LARGE, and TOO_SLOW if the fields do not arrive within 10 seconds
   */
  async readParams(): Promise<GraphQLParams> {
    const timer = setTimeout(() => this.close(tooSlow()), FIELDS_TIMEOUT_MS);
    try {
      this.#begin();
      return await this.#params.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Binds the body to its operation.
   * @param signal closes it when it aborts
   * @param onChunk is called for each chunk of a file that is read
   */
  bind(signal: AbortSignal, onChunk: () => void): void {
    this.#files.onChunk = onChunk;
    const close = () => this.close(signal.reason);
    if (signal.aborted) close();
    else signal.addEventListener('abort', close, { once: true });
  }

  /** Stops reading, and fails everybody who waits for a file. The first reason counts. */
  close(reason: Error = ANSWERED): void {
    this.#source.off('data', this.#count);
    this.#source.off('close', this.#onSourceClosed);
    this.#source.unpipe(this.#parser);
    this.#params.reject(reason);
    this.#files.fail(reason);
    this.#parser.destroy();
  }

  #begin(): void {
    const parser = this.#parser;
    parser.on('field', (name, value, { valueTruncated }) =>
      this.#orClose(() => this.#add(name, value, valueTruncated)),
    );
    parser.on('file', (field, stream, { filename = '' }) => {
      this.#files.add(field, filename, stream);
      if (!this.#isMapped) this.close(outOfPlace());
    });
    parser.once('filesLimit', () => this.close(tooMany()));
    parser.once('finish', () => this.close(incomplete()));
    parser.on('error', (error) => this.close(brokenOff(error)));
    const source = this.#source;
    source.on('error', () => this.close(CLIENT_LEFT));
    source.once('close', this.#onSourceClosed);
    source.pipe(parser);
    source.on('data', this.#count);
  }

  #add(name: string, value: string, isTruncated: boolean): void {
    if (isTruncated) throw badRequest(413, `Expected fields of at most ${MAX_FIELD_BYTES} bytes, got more.`);
    if (name === 'operations' && !this.#operations) {
      this.#operations = toParams(value);
    } else if (name === 'map' && this.#operations && !this.#isMapped) {
      placeFiles(this.#operations, parseJson(value), (field) => this.#files.toFile(field));
      this.#isMapped = true;
      this.#params.resolve(this.#operations);
    } else {
      throw outOfPlace();
    }
  }

  #orClose(add: () => void): void {
    try {
      add();
    } catch (error) {
      this.close(error as Error);
    }
  }

  readonly #count = ({ length }: Uint8Array) => {
    this.#bytes += length;
    if (this.#bytes > this.#maxBytes) this.close(tooLarge(this.#maxBytes));
    if (!this.#isMapped && ++this.#chunks > MAX_CHUNKS) this.close(tooSmall());
  };

  readonly #onSourceClosed = () => {
    if (!this.#source.readableEnded) this.close(CLIENT_LEFT);
  };
}

/** The error for a request that is too large. */
export function tooLarge(maxBytes: number): GatherError {
  return new GatherError('TOO_LARGE', `Expected a request of at most ${maxBytes} bytes (UPLOAD_MAX_BYTES), got more.`);
}

function createParser(contentType: string): busboy.Busboy {
  try {
    return busboy({
      headers: { 'content-type': contentType },
      defParamCharset: 'utf8',
      preservePath: true,
      limits: { fields: 2, fieldSize: MAX_FIELD_BYTES, files: MAX_FILES },
    });
  } catch (error) {
    throw brokenOff(error);
  }
}

function outOfPlace(): Error {
  return badRequest(400, 'Expected the fields `operations` and `map`, in this order, and then the files.');
}

function tooSmall(): Error {
  return badRequest(400, `Expected the fields in at most ${MAX_CHUNKS} chunks, got more. Send larger ones.`);
}

function incomplete(): Error {
  return badRequest(400, 'Expected the fields `operations` and `map`, and the files that the map names; got fewer.');
}

function tooSlow(): GatherError {
  const seconds = FIELDS_TIMEOUT_MS / 1000;
  return new GatherError(
    'TOO_SLOW',
    `Expected the fields \`operations\` and \`map\` within ${seconds} seconds, got only a part of them.`,
    {
      retryable: true,
    },
  );
}

function tooMany(): Error {
  return badRequest(413, `Expected at most ${MAX_FILES} files in one request, got more.`);
}
