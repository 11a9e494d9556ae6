import type { JsonSchema } from '../../services/contract.ts';
import { toTypeName } from '../print-database.ts';
import { isNode, type Node, type OpenApiDocument } from './document.ts';

/** Whether a schema is of what is sent, which has no `readOnly` properties, or of what is answered. */
type Direction = 'request' | 'answer';

/** Keywords whose values are copied. `multipleOf` and `uniqueItems` are left out: doubles and long lists defeat them. */
const COPIED = new Set(
  `const description enum exclusiveMaximum exclusiveMinimum maxItems maxLength maxProperties maximum minItems minLength
  minProperties minimum pattern type`.split(/\s+/),
);
const WITH_SCHEMA = new Set([
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
]);
const WITH_SCHEMAS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const WITH_NAMED_SCHEMAS = new Set(['dependentSchemas', 'patternProperties', 'properties']);

/** How TypeScript types are made of them: objects without other properties, and lists of any length. */
export const TYPE_OPTIONS = { additionalProperties: false, ignoreMinAndMaxItems: true };

/** Converts the schemas of a file to JSON Schemas, and collects those that others refer to. */
export class Schemas {
  /** By the names that references have. */
  readonly definitions: Record<string, JsonSchema> = {};
  /** Parts that are not checked, and why. */
  readonly leftOut: string[] = [];
  readonly #document: OpenApiDocument;
  readonly #prefix: string;
  readonly #names = new Map<string, string>();

  /** @param prefix of the names of definitions: they are types of one module with those of other services */
  constructor(document: OpenApiDocument, prefix: string) {
    this.#document = document;
    this.#prefix = prefix;
  }

  /** @throws Unsupported if it refers to what is not in the file */
  convert(schema: unknown, direction: Direction): JsonSchema {
    if (!isNode(schema)) return schema === false ? { not: {} } : {};
    const { $ref: reference, ...others } = schema;
    if (typeof reference !== 'string') return this.#convertOwn(schema, direction);
    const referring = { $ref: `#/definitions/${this.#define(reference, direction)}` };
    // In OpenAPI 3.0, what stands beside a reference is ignored.
    const own = this.#document.is30 ? {} : this.#convertOwn(others, direction);
    const { description, ...rest } = own;
    return Object.keys(rest).length > 0 ? { allOf: [referring, rest] } : referring;
  }

  #define(reference: string, direction: Direction): string {
    const key = `${direction} ${reference}`;
    const known = this.#names.get(key);
    if (known) return known;
    const name = this.#nameOf(reference, direction);
    this.#names.set(key, name);
    // Reserves the name: a schema may refer to itself.
    this.definitions[name] = {};
    try {
      this.definitions[name] = this.convert(this.#document.find(reference), direction);
      return name;
    } catch (error) {
      this.#names.delete(key);
      delete this.definitions[name];
      throw error;
    }
  }

  #nameOf(reference: string, direction: Direction): string {
    const last = toTypeName(decodeURIComponent(reference.split('/').at(-1) ?? ''));
    const own = last.startsWith(this.#prefix) ? last : this.#prefix + last;
    const base = direction === 'request' ? `${own}Input` : own;
    let name = base;
    for (let count = 2; Object.hasOwn(this.definitions, name); count++) name = `${base}${count}`;
    return name;
  }

  #convertOwn(schema: Node, direction: Direction): JsonSchema {
    const converted: Record<string, unknown> = {};
    for (const [keyword, value] of Object.entries(schema)) {
      const part = this.#convertKeyword(schema, keyword, value, direction);
      if (part !== undefined) converted[keyword] = part;
    }
    return this.#document.is30 ? withoutOldKeywords(schema, converted) : converted;
  }

  #convertKeyword(schema: Node, keyword: string, value: unknown, direction: Direction): unknown {
    if (keyword === 'required') return Array.isArray(value) ? this.#requiredOf(schema, value, direction) : undefined;
    if (keyword === 'format') return value === 'int64' ? value : undefined;
    if (keyword === 'pattern' && !isPattern(value)) {
      // Requests are not checked.
      if (direction === 'answer') this.leftOut.push(`the pattern ${value}: it is no regular expression of JavaScript`);
      return undefined;
    }
    if (COPIED.has(keyword)) return value;
    if (WITH_SCHEMA.has(keyword)) return typeof value === 'boolean' ? value : this.convert(value, direction);
    if (WITH_SCHEMAS.has(keyword))
      return Array.isArray(value) ? value.map((it) => this.convert(it, direction)) : undefined;
    if (!WITH_NAMED_SCHEMAS.has(keyword) || !isNode(value)) return undefined;
    return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, this.convert(it, direction)]));
  }

  /** A property that is only read is not sent, and one that is only written is not answered. */
  #requiredOf(schema: Node, required: readonly unknown[], direction: Direction): unknown[] | undefined {
    const properties = isNode(schema['properties']) ? schema['properties'] : {};
    const flag = direction === 'request' ? 'readOnly' : 'writeOnly';
    const left = required.filter((name) => this.#document.resolve(properties[String(name)])[flag] !== true);
    return left.length > 0 ? left : undefined;
  }
}

/** Replaces the keywords of OpenAPI 3.0 that JSON Schema does not have. */
function withoutOldKeywords(schema: Node, converted: Record<string, unknown>): JsonSchema {
  for (const bound of ['Minimum', 'Maximum'] as const) {
    const exclusive = `exclusive${bound}`;
    if (typeof converted[exclusive] !== 'boolean') continue;
    const inclusive = bound.toLowerCase();
    if (converted[exclusive]) converted[exclusive] = converted[inclusive];
    else delete converted[exclusive];
    if (converted[exclusive] !== undefined) delete converted[inclusive];
  }
  if (schema['nullable'] !== true) return converted;
  if (typeof converted['type'] !== 'string') return { anyOf: [converted, { type: 'null' }] };
  const values = converted['enum'];
  const withNull = Array.isArray(values) && !values.includes(null) ? { enum: [...values, null] } : {};
  return { ...converted, type: [converted['type'], 'null'], ...withNull };
}

function isPattern(value: unknown): boolean {
  try {
    return typeof value === 'string' && Boolean(new RegExp(value, 'u'));
  } catch {
    return false;
  }
}
