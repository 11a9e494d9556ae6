import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

/** Whether the body of an answer is what the service promised; `errors` says why not, until the next question. */
export interface Check<T> {
  (body: unknown): body is T;
  errors?: ErrorObject[] | null;
}

/** What GraphQL's Int holds. */
const INT = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };

/**
 * Checks answers against a JSON Schema of the service's OpenAPI file. Costs milliseconds: keep it. An integer that GraphQL
 * could not pass on is the service's fault, too.
 */
export function createCheck<T>(schema: object): Check<T> {
  return new Ajv2020().compile<T>(withInts(schema) as object);
}

/** The schema with every integer an Int, unless it is narrower. */
function withInts(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withInts);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, withInts(part)]));
  return [parts['type']].flat().includes('integer') ? { ...INT, ...parts } : parts;
}
