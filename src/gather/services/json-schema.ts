import type { JsonSchema } from './contract.ts';

type Definitions = Readonly<Record<string, JsonSchema>>;

/** The type of a schema, its references followed, and null left out: `array`. undefined if it may be several. */
export function typeOf(schema: JsonSchema, definitions: Definitions): string | undefined {
  const types = new Set<string>();
  for (const part of partsOf(schema, definitions)) {
    for (const type of [part['type'] ?? []].flat()) if (type !== 'null') types.add(String(type));
  }
  const [first] = types;
  return types.size === 1 ? first : undefined;
}

/** The schema of a property of an object. */
export function propertyOf(schema: JsonSchema, name: string, definitions: Definitions): JsonSchema | undefined {
  return propertiesOf(schema, definitions).get(name);
}

/** The schemas of the properties of an object, by their names. */
export function propertiesOf(schema: JsonSchema, definitions: Definitions): ReadonlyMap<string, JsonSchema> {
  const all = partsOf(schema, definitions).map(({ properties }) =>
    Object.entries(isSchema(properties) ? properties : {}),
  );
  return new Map(all.flat() as [string, JsonSchema][]);
}

/** The schema of the elements of a list. */
export function elementOf(schema: JsonSchema, definitions: Definitions): JsonSchema | undefined {
  return partsOf(schema, definitions)
    .map(({ items }) => items)
    .find(isSchema);
}

/** The schema of the values of an object with arbitrary names. */
export function valuesOf(schema: JsonSchema, definitions: Definitions): JsonSchema | undefined {
  const found = partsOf(schema, definitions).map(({ additionalProperties }) => additionalProperties);
  return found.find(isSchema);
}

/** The most elements of a list. */
export function maxLengthOf(schema: JsonSchema, definitions: Definitions): number | undefined {
  return partsOf(schema, definitions)
    .map(({ maxItems }) => maxItems)
    .find((value) => typeof value === 'number');
}

/** The definitions that schemas refer to, by way of others too. */
export function definitionsOf(schemas: unknown, definitions: Definitions): Definitions {
  const used: Record<string, JsonSchema> = {};
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const reference: unknown = Reflect.get(value, '$ref');
    const name = typeof reference === 'string' ? nameOf(reference) : '';
    const found = definitions[name];
    if (found && !used[name]) {
      used[name] = found;
      visit(found);
    }
    for (const part of Object.values(value)) visit(part);
  };
  visit(schemas);
  return used;
}

function nameOf(reference: string): string {
  return reference.replace('#/definitions/', '');
}

/** The schemas that a value must meet, or may meet, references followed; each of them once. */
function partsOf(schema: JsonSchema, definitions: Definitions, seen = new Set<JsonSchema>()): JsonSchema[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const reference = schema['$ref'];
  const referred = typeof reference === 'string' ? definitions[nameOf(reference)] : undefined;
  const { allOf, anyOf, oneOf } = schema;
  const others = [referred, ...[allOf, anyOf, oneOf].flat()].filter(isSchema);
  return [schema, ...others.flatMap((other) => partsOf(other, definitions, seen))];
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
