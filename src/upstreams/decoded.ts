import { promisify } from 'node:util';
import { brotliDecompress, unzip } from 'node:zlib';
import { invalid, type Question, tooLarge } from './errors.ts';

const decoders = { gzip: promisify(unzip), deflate: promisify(unzip), br: promisify(brotliDecompress) };

/**
 * The bytes of a body, freed of its content encoding. Stops decoding beyond `maxBytes`, so that a small body cannot
 * fill the memory. Throws UPSTREAM_INVALID.
 */
export async function decoded(question: Question, body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  if (!isKnown(encoding)) throw invalid(question, `content encoding ${encoding}`, 'gzip, deflate or br');
  try {
    return await decoders[encoding](body, { maxOutputLength: maxBytes });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(question, maxBytes, error);
    throw invalid(question, `a body that is not ${encoding}`, `what its content encoding says`, error);
  }
}

function isKnown(encoding: string): encoding is keyof typeof decoders {
  return Object.hasOwn(decoders, encoding);
}
