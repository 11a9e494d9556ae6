import { decoderOf, firstOf, mediaTypeOf } from '../header-fields.ts';
import { isDeeperThan, parseJson } from '../json.ts';
import type { Check } from './check.ts';
import { decoded } from './decoded.ts';
import { invalid, type RequestLabel } from './errors.ts';
import type { Answer } from './exchange.ts';

/** JSON, and the types that are built on it: `application/vnd.example+json`. */
const JSON_TYPE = /^application\/(?!problem\+json$)(?:[^/]+\+)?json$/;

/** No service needs more, and no program that walks an answer has a problem with so many. */
const MAX_LEVELS = 200;

/**
 * Parses and checks an answer in JSON.
 * @returns a promise only of an answer that is encoded
 * @throws UPSTREAM_INVALID with what came and what was expected
 */
export function readBody<T>(label: RequestLabel, answer: Answer, check: Check<T>, maxBytes: number): T | Promise<T> {
  const { 'content-type': contentType, 'content-encoding': encoding } = answer.headers;
  const type = mediaTypeOf(contentType);
  if (!type || !JSON_TYPE.test(type.essence)) {
    throw invalid(label, firstOf(contentType) || 'no content type', 'application/json');
  }
  const decoder = decoderOf(type);
  if (!decoder) throw invalid(label, `charset ${type.params.get('charset')}`, 'utf-8');
  const toValue = (bytes: Buffer): T => {
    // The decoder drops a byte order mark.
    const value = parse(label, decoder.decode(bytes));
    if (check(value)) return value;
    throw invalid(label, `a body of the wrong shape (${problemOf(check)})`, 'the shape in its contract');
  };
  const bytes = decoded(label, answer.body, encoding, maxBytes);
  return bytes instanceof Promise ? bytes.then(toValue) : toValue(bytes);
}

function parse(label: RequestLabel, text: string): unknown {
  if (isDeeperThan(MAX_LEVELS, text)) {
    throw invalid(label, `JSON of more than ${MAX_LEVELS} levels`, `at most ${MAX_LEVELS}`);
  }
  try {
    return parseJson(text);
  } catch (error) {
    throw invalid(label, 'a body that is not JSON', 'JSON', error);
  }
}

function problemOf(check: Check<unknown>): string {
  const [problem] = check.errors ?? [];
  return problem ? `${problem.instancePath} ${problem.message}`.trim() : 'no reason given';
}
