import { parseJson } from '../json.ts';
import type { Check } from './check.ts';
import { decoded } from './decoded.ts';
import { invalid, type Question } from './errors.ts';
import type { Answer } from './exchange.ts';

const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** The checked value of an answer in JSON. Throws UPSTREAM_INVALID, naming what came and what was expected. */
export async function readBody<T>(question: Question, answer: Answer, check: Check<T>, maxBytes: number): Promise<T> {
  const { 'content-type': type, 'content-encoding': encoding } = answer.headers;
  if (!type || !JSON_TYPE.test(type)) throw invalid(question, type ?? 'no content type', 'application/json');
  const bytes = encoding ? await decoded(question, answer.body, encoding, maxBytes) : answer.body;
  const value = parse(question, bytes);
  if (check(value)) return value;
  throw invalid(question, `a body of another shape (${problemOf(check)})`, 'what its contract says');
}

function parse(question: Question, bytes: Buffer): unknown {
  try {
    return parseJson(bytes.toString());
  } catch (error) {
    throw invalid(question, 'a body that is not JSON', 'JSON', error);
  }
}

function problemOf(check: Check<unknown>): string {
  const [problem] = check.errors ?? [];
  return problem ? `${problem.instancePath} ${problem.message}`.trim() : 'no reason given';
}
