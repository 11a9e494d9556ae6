import { promisify } from 'node:util';
import { brotliDecompress, constants, inflateRaw, unzip, zstdDecompress } from 'node:zlib';
import { codeOf } from '../errors.ts';
import { tokensOf } from '../header-fields.ts';
import { invalid, type RequestLabel, tooLarge } from './errors.ts';

type Decoder = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const unzipAsync: Decoder = promisify(unzip);
const inflateRawAsync: Decoder = promisify(inflateRaw);
const zstdDecompressAsync = promisify(zstdDecompress);
/** A window of 8 MB, the one that HTTP decoders must support: https://www.rfc-editor.org/rfc/rfc9659 */
const ZSTD = { params: { [constants.ZSTD_d_windowLogMax]: 23 } };

/** By the names in https://www.iana.org/assignments/http-parameters#content-coding */
const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', unzipAsync],
  ['x-gzip', unzipAsync],
  // Many servers send raw deflate, without the zlib wrapper.
  ['deflate', (body, options) => (hasWrapper(body) ? unzipAsync : inflateRawAsync)(body, options)],
  ['br', promisify(brotliDecompress)],
  ['zstd', (body, options) => zstdDecompressAsync(body, { ...options, ...ZSTD })],
  ['identity', async (body) => body],
]);
/** Each decoding step may produce up to `maxBytes`. */
const MAX_CODINGS = 5;

/**
 * Decodes a body, last content coding first. Stops at `maxBytes`, so that a small body cannot fill the memory.
 *
 * @param encoding the header `Content-Encoding`
 * @returns a promise only of a body that is encoded; it rejects with UPSTREAM_INVALID
 */
export function decoded(
  label: RequestLabel,
  body: Buffer,
  encoding: string | string[] | undefined,
  maxBytes: number,
): Buffer | Promise<Buffer> {
  return encoding === undefined || body.length === 0 ? body : decodeAll(label, body, encoding, maxBytes);
}

async function decodeAll(
  label: RequestLabel,
  body: Buffer,
  encoding: string | string[],
  maxBytes: number,
): Promise<Buffer> {
  const codings = tokensOf(encoding);
  if (codings.length > MAX_CODINGS) {
    throw invalid(label, `${codings.length} content codings`, `at most ${MAX_CODINGS}`);
  }
  let bytes = body;
  for (const coding of codings.reverse()) bytes = await decode(label, bytes, coding, maxBytes);
  return bytes;
}

async function decode(label: RequestLabel, body: Buffer, coding: string, maxBytes: number): Promise<Buffer> {
  const decoder = DECODERS.get(coding);
  if (!decoder) throw invalid(label, `content encoding ${coding}`, 'gzip, deflate, br, zstd or identity');
  try {
    return await decoder(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(label, maxBytes, error);
    throw invalid(label, `a body that is not ${coding}`, `what its content encoding says`, error);
  }
}

/** Whether a body begins like zlib, RFC 1950, or like gzip, which some servers call deflate. Raw deflate never does. */
function hasWrapper(body: Buffer): boolean {
  const [first = 0, second = 0] = body;
  const isZlib = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
  return isZlib || (first === 0x1f && second === 0x8b);
}
