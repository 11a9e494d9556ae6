import { decoderOf, firstOf, mediaTypeOf } from '../header-fields.ts';
import { parseJson } from '../json.ts';
import type { Check } from './check.ts';
import { decoded } from './decoded.ts';
import { invalid, type RequestLabel } from './errors.ts';
import type { Answer } from './exchange.ts';

/** The checked value of an answer in JSON. Throws UPSTREAM_INVALID, naming what came and what was expected. */
export async function readBody<T>(
  question: RequestLabel,
  answer: Answer,
  check: Check<T>,
  maxBytes: number,
): Promise<T> {
  const { 'content-type': contentType, 'content-encoding': encoding } = answer.headers;
  const type = mediaTypeOf(contentType);
  if (type?.essence !== 'application/json') {
    throw invalid(question, firstOf(contentType) || 'no content type', 'application/json');
  }
  const decoder = decoderOf(type);
  if (!decoder) throw invalid(question, `charset ${type.params.get('charset')}`, 'utf-8');
  // It drops the mark that some put before their JSON.
  const value = parse(question, decoder.decode(await decoded(question, answer.body, encoding, maxBytes)));
  if (check(value)) return value;
  throw invalid(question, `a body of another shape (${problemOf(check)})`, 'what its contract says');
}

function parse(question: RequestLabel, text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw invalid(question, 'a body that is not JSON', 'JSON', error);
  }
}

function problemOf(check: Check<unknown>): string {
  const [problem] = check.errors ?? [];
  return problem ? `${problem.instancePath} ${problem.message}`.trim() : 'no reason given';
}
