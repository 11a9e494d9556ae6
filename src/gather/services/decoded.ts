import { promisify } from 'node:util';
import { brotliDecompress, constants, inflateRaw, unzip, zstdDecompress } from 'node:zlib';
import { tokensOf } from '../header-fields.ts';
import { invalid, type RequestLabel, tooLarge } from './errors.ts';

type Decoder = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const toUnzipped: Decoder = promisify(unzip);
const toInflated: Decoder = promisify(inflateRaw);
const toUnpacked = promisify(zstdDecompress);
/** 8 MB, which every decoder of HTTP has to have and none more: https://www.rfc-editor.org/rfc/rfc9659 */
const ZSTD = { params: { [constants.ZSTD_d_windowLogMax]: 23 } };

/** By the names in https://www.iana.org/assignments/http-parameters#content-coding */
const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', toUnzipped],
  ['x-gzip', toUnzipped],
  // Many leave out the wrapper that it should have.
  ['deflate', (body, options) => (hasWrapper(body) ? toUnzipped : toInflated)(body, options)],
  ['br', promisify(brotliDecompress)],
  ['zstd', (body, options) => toUnpacked(body, { ...options, ...ZSTD })],
  ['identity', async (body) => body],
]);
/** Each may grow to the whole of what is read of a body. */
const MAX_CODINGS = 5;

/**
 * The bytes of a body, freed of its content codings, the last of which was applied last. Stops decoding beyond
 * `maxBytes`, so that a small body cannot fill the memory. Throws UPSTREAM_INVALID.
 *
 * @param encoding the header `Content-Encoding`
 */
export async function decoded(
  question: RequestLabel,
  body: Buffer,
  encoding: string | string[] | undefined,
  maxBytes: number,
): Promise<Buffer> {
  if (encoding === undefined || body.length === 0) return body;
  const codings = tokensOf(encoding);
  if (codings.length > MAX_CODINGS) {
    throw invalid(question, `${codings.length} content codings`, `at most ${MAX_CODINGS}`);
  }
  let bytes = body;
  for (const coding of codings.reverse()) bytes = await decode(question, bytes, coding, maxBytes);
  return bytes;
}

async function decode(question: RequestLabel, body: Buffer, coding: string, maxBytes: number): Promise<Buffer> {
  const decoder = DECODERS.get(coding);
  if (!decoder) throw invalid(question, `content encoding ${coding}`, 'gzip, deflate, br, zstd or identity');
  try {
    return await decoder(body, { maxOutputLength: maxBytes });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(question, maxBytes, error);
    throw invalid(question, `a body that is not ${coding}`, `what its content encoding says`, error);
  }
}

/** Whether a body begins as one of zlib, RFC 1950, or of gzip, which some call by this name: no raw deflate does. */
function hasWrapper(body: Buffer): boolean {
  const [first = 0, second = 0] = body;
  const isZlib = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
  return isZlib || (first === 0x1f && second === 0x8b);
}
