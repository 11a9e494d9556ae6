import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

/** Whether the body of an answer meets the contract; `errors` says why not, until the next call. */
export interface Check<T> {
  (body: unknown): body is T;
  errors?: ErrorObject[] | null;
}

/** The range of GraphQL's Int. */
const INT = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };

const compiled = new WeakMap<object, Check<unknown>>();
/** Schemas come from codegen: to compile the schema of schemas as well would take two thirds of a start's time here. */
const compiler = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false, meta: false });

/**
 * Compiles a JSON Schema of the service's OpenAPI file, once for the whole process. Integers outside the range of GraphQL's
 * Int are refused too, unless their format is `int64`. Formats are not checked, and unknown keywords are ignored.
 */
export function createCheck<T>(schema: object): Check<T> {
  const check = compiled.get(schema) ?? compiler.compile(withInts(schema) as object);
  compiled.set(schema, check);
  return check as Check<T>;
}

/** Bounds every integer of the schema to the range of Int, unless its bounds are narrower. */
function withInts(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withInts);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, withInts(part)]));
  const isInt = [parts['type']].flat().includes('integer') && parts['format'] !== 'int64';
  return isInt ? { ...INT, ...parts } : parts;
}
