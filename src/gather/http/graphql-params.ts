import type { GraphQLParams } from 'graphql-yoga';
import { cut } from '../errors.ts';
import { findBeyondDouble, hasBeyondDouble, parseJson as parse } from '../json.ts';
import { assertSmall } from './assert-small.ts';
import { badRequest } from './bad-request.ts';
import { shown } from './shown.ts';

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

/** Parses any JSON. @throws 400 if it is not valid or too large */
export function parseJson(text: string): unknown {
  assertSmall(text);
  try {
    return parse(text.replace(BYTE_ORDER_MARK, ''));
  } catch (error) {
    throw badRequest(400, `Expected JSON, got something else: ${(error as Error).message}.`);
  }
}

/** @throws 400 if a parameter has the wrong type, or a number that no double holds */
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

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
