import { GraphQLError } from 'graphql';
import { createGraphQLError, type GraphQLParams } from 'graphql-yoga';
import { cut } from '../errors.ts';
import { findBeyondDouble, hasBeyondDouble, parseJson as parse } from '../json.ts';
import { shown } from './shown.ts';

/** Deepest nesting of variables, which are walked recursively. */
const MAX_LEVELS = 64;
/** Checking one against its type takes microseconds. The largest mutation has 10,000 rows. */
const MAX_OBJECTS = 12_000;
/** More than the fields of any type or the variables of any operation. */
const MAX_NAMES = 1000;

/** Others are refused, because they may be misspelled. */
const NAMES = new Set(['query', 'documentId', 'operationName', 'variables', 'extensions']);

/** Longest number quoted in a message. */
const SHOWN_LENGTH = 50;

/** Parses the parameters of an operation from JSON. @throws 400 if they are not valid */
export function toParams(text: string): GraphQLParams {
  const params = parseJson(text);
  if (!isObject(params)) throw badRequest(400, 'Expected a JSON object with a `query`, got another kind of JSON.');
  assertSound(params);
  return params;
}

/** Parses the parameters of an operation from a URL: https://graphql.github.io/graphql-over-http/draft/#sec-GET. @throws 400 if they are not valid */
export function toUrlParams(query: URLSearchParams): GraphQLParams {
  const text = (name: string) => query.get(name) || undefined;
  const json = (name: string) => parseJson(text(name) ?? 'null');
  const params: object = {
    query: text('query'),
    documentId: text('documentId'),
    operationName: text('operationName'),
    variables: json('variables'),
    extensions: json('extensions'),
  };
  assertSound(params);
  return params;
}

const BYTE_ORDER_MARK = /^\uFEFF/;

/** Parses any JSON. @throws 400 if it is not valid */
export function parseJson(text: string): unknown {
  try {
    return parse(text.replace(BYTE_ORDER_MARK, ''));
  } catch (error) {
    throw badRequest(400, `Expected JSON, got something else: ${(error as Error).message}.`);
  }
}

/** The error of a request that is refused before its operation is known. @param status of the HTTP response */
export function badRequest(status: number, message: string, headers: Record<string, string> = {}): GraphQLError {
  return createGraphQLError(message, { extensions: { http: { status, headers }, code: 'BAD_REQUEST' } });
}

/** Whether an error already says why a request is refused, as those of `badRequest` do. */
export function isBadRequest(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError;
}

/** @throws 400 if a parameter has the wrong type, is too deep or too large, or has a number that no double holds */
function assertSound(params: object): asserts params is GraphQLParams {
  const unknown = Object.keys(params).find((name) => !NAMES.has(name) && Reflect.get(params, name) != null);
  if (unknown !== undefined)
    throw badRequest(400, `Expected only the parameters ${[...NAMES].join(', ')}, got ${shown(unknown)} too.`);
  const { query }: { query?: unknown } = params;
  if (query != null && typeof query !== 'string')
    throw badRequest(400, 'Expected a string as `query`, got another type.');
  for (const name of ['variables', 'extensions'] as const) {
    const value: unknown = Reflect.get(params, name);
    if (value != null && !isObject(value))
      throw badRequest(400, `Expected an object as \`${name}\`, got another type.`);
  }
  const { operationName }: { operationName?: unknown } = params;
  if (operationName != null && typeof operationName !== 'string') {
    throw badRequest(400, 'Expected a string as `operationName`, got another type.');
  }
  assertSmall(params);
  const variables: unknown = Reflect.get(params, 'variables');
  if (!hasBeyondDouble(params) && !hasBeyondDouble(variables)) return;
  const found = findBeyondDouble(variables, 'variables');
  if (found) {
    const number = found.number.length > SHOWN_LENGTH ? `${found.number.slice(0, SHOWN_LENGTH)}…` : found.number;
    throw badRequest(
      400,
      `Expected numbers that a double holds, got ${number} at ${cut(found.path)}. Send it as a string.`,
    );
  }
}

function assertSmall(params: object): void {
  let objects = 0;
  const visit = (value: unknown, level: number): void => {
    if (typeof value !== 'object' || value === null) return;
    objects++;
    if (level === MAX_LEVELS) throw tooMuch(`${MAX_LEVELS} levels`);
    if (objects > MAX_OBJECTS) throw tooMuch(`${MAX_OBJECTS} objects and lists`);
    if (Array.isArray(value)) {
      for (const child of value) visit(child, level + 1);
      return;
    }
    // `Object.values` of an object with many names takes three times as long as its keys.
    const names = Object.keys(value);
    if (names.length > MAX_NAMES) throw tooMuch(`${MAX_NAMES} names in an object`);
    for (const name of names) visit(Reflect.get(value, name), level + 1);
  };
  visit(params, 0);
}

function tooMuch(limit: string): Error {
  return badRequest(400, `Expected JSON of at most ${limit}, got more.`);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
