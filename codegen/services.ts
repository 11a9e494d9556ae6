import { readFile } from 'node:fs/promises';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { parse } from 'yaml';

const CONTRACT = 'services.openapi.yaml';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface Operation {
  operationId: string;
  responses: { '200': { content: { 'application/json': { schema: Json } } } };
}

interface Contract {
  paths: Record<string, { get: Operation }>;
}

/**
 * The text of src/upstreams/services.generated.ts, made from services.openapi.yaml: what each operation answers with
 * status 200, by operationId, as TypeScript and as JSON Schema without references.
 */
export async function generateServices(): Promise<string> {
  const contract: Contract & Json = parse(await readFile(CONTRACT, 'utf8'));
  const schemas: Record<string, Json> = {};
  for (const { get } of Object.values(contract.paths)) {
    schemas[get.operationId] = inlined(get.responses['200'].content['application/json'].schema, contract);
  }
  return `${await toTypes(schemas)}\nexport const schemas = ${JSON.stringify(schemas, null, 2)};\n`;
}

function toTypes(schemas: Record<string, Json>): Promise<string> {
  const responses = { type: 'object', required: Object.keys(schemas), properties: structuredClone(schemas) };
  return compile(responses as JSONSchema, 'Responses', { bannerComment: '', additionalProperties: false });
}

function inlined(schema: Json, contract: Json): Json {
  if (Array.isArray(schema)) return schema.map((part) => inlined(part, contract));
  if (typeof schema !== 'object' || schema === null) return schema;
  if (typeof schema['$ref'] === 'string') return inlined(find(schema['$ref'], contract), contract);
  return Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, inlined(part, contract)]));
}

/** @param reference a JSON pointer inside the contract: `#/components/schemas/Promo` */
function find(reference: string, contract: Json): Json {
  let place: Json | undefined = contract;
  for (const key of reference.split('/').slice(1)) {
    place = typeof place === 'object' && place !== null && !Array.isArray(place) ? place[key] : undefined;
  }
  if (place === undefined) throw new Error(`${CONTRACT} refers to ${reference}, which it does not have.`);
  return place;
}
