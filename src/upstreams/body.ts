import { promisify } from 'node:util';
import { brotliDecompress, unzip } from 'node:zlib';
import type { Check } from './check.ts';
import { invalid, type Question, tooLarge } from './errors.ts';
import type { Answer } from './exchange.ts';

const JSON_TYPE = /^application\/json\s*(;|$)/i;
const decoders = { gzip: promisify(unzip), deflate: promisify(unzip), br: promisify(brotliDecompress) };

/** The checked value of an answer in JSON. Throws UPSTREAM_INVALID, naming what came and what was expected. */
export async function readBody<T>(question: Question, answer: Answer, check: Check<T>, maxBytes: number): Promise<T> {
  const { 'content-type': type, 'content-encoding': encoding } = answer.headers;
  if (!type || !JSON_TYPE.test(type)) throw invalid(question, type ?? 'no content type', 'application/json');
  const bytes = encoding ? await decoded(question, answer.body, encoding, maxBytes) : answer.body;
  const value = parse(question, bytes);
  if (check(value)) return value;
  throw invalid(question, `a body of another shape (${problemOf(check)})`, 'what its contract says');
}

/** Stops decoding beyond `maxBytes`, so that a small body cannot fill the memory. */
async function decoded(question: Question, body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  if (!isKnown(encoding)) throw invalid(question, `content encoding ${encoding}`, 'gzip, deflate or br');
  try {
    return await decoders[encoding](body, { maxOutputLength: maxBytes });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(question, maxBytes, error);
    throw invalid(question, `a body that is not ${encoding}`, `what its content encoding says`, error);
  }
}

function parse(question: Question, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw invalid(question, 'a body that is not JSON', 'JSON', error);
  }
}

function problemOf(check: Check<unknown>): string {
  const [problem] = check.errors ?? [];
  return problem ? `${problem.instancePath} ${problem.message}`.trim() : 'no reason given';
}

function isKnown(encoding: string): encoding is keyof typeof decoders {
  return Object.hasOwn(decoders, encoding);
}
