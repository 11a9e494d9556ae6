import type { Contract, JsonSchema, OperationContract } from './contract.ts';
import { elementOf, maxLengthOf, propertyOf, typeOf, valuesOf } from './json-schema.ts';
import type { RequestValues } from './request.ts';

/**
 * How the values of keys are read with an operation.
 *
 * ```ts
 * { in: 'query.ids', max: 100, out: 'ratings[]', by: 'bookId' } // GET /ratings?ids=1,2 → { ratings: [{ bookId, … }] }
 * { in: 'body.isbns', max: 500, out: 'shelves.*' } // POST { isbns: […] } → { shelves: { '978-1': 'A1' } }
 * { in: 'path.id', out: 'points' } // GET /customers/{id}/points → { points: 7 }, one request per key
 * ```
 */
export interface Bulk {
  /** Where the keys go: a parameter, or a property of the JSON body. A parameter of the path takes one key. */
  readonly in: `query.${string}` | `path.${string}` | `body.${string}`;
  /** Most keys of a request. @default what the contract says, or 100 */
  readonly max?: number;
  /**
   * Where the values are: a list of objects (`ratings[]`, or `[]` for a body that is a list), an object by key (`shelves.*`,
   * or `*`), or the one value of a key in the path (`points`). @default the whole body, for a key in the path
   */
  readonly out?: string;
  /** The property of the objects of a list that has their key. */
  readonly by?: string;
}

/** A key of a service. Keys with the same text are the same. */
export type Key = string | number;

/** How keys are written into requests, and their values are read from answers. */
export interface BulkPlan {
  /** Most keys of a request. */
  max: number;
  /** Whether the key is in the path, and the answer is its value. */
  isOne: boolean;
  /** How many characters a key adds to the query; 0 for keys that are elsewhere. */
  lengthOf(key: Key): number;
  /** Whether a key is text that can be sent, and of the type that the contract says. The service can have no value for another. */
  accepts(key: Key): boolean;
  toRequest(keys: readonly Key[]): RequestValues;
  /**
   * Sets the values in a checked answer, by the texts of their keys. What it has for other keys than those of `values` is left out.
   * @param keys those of the request
   */
  setValues(values: Map<string, unknown>, keys: readonly Key[], answer: unknown): void;
}

type Definitions = Contract['definitions'];

const MAX = 100;

/** @throws Error if the contract does not have what the declaration names */
export function toBulkPlan(definitions: Definitions, operation: OperationContract, bulk: Bulk): BulkPlan {
  const [group = '', ...names] = bulk.in.split('.');
  const schema = findIn(definitions, operation, group, names);
  if (!schema) throw new Error(`Expected \`in\` to name a parameter or a property of the body, got "${bulk.in}".`);
  const other = findRequired(operation, group, names);
  if (other) throw new Error(`Expected no required parameter besides ${bulk.in}, got ${other}.`);
  const isOne = group === 'path';
  assertOut(definitions, operation, bulk, isOne);

  const isList = typeOf(schema, definitions) === 'array';
  const keySchema = isList ? elementOf(schema, definitions) : schema;
  const isNumeric = isList || isOne ? NUMERIC.has(typeOf(keySchema ?? {}, definitions) ?? '') : false;
  // Between two keys: their parameter's name if each has its own, or else a delimiter such as `%20`.
  const separator = isExploded(operation, names) ? encodeURIComponent(`${names}`).length + 2 : 3;
  const toKey = (key: Key) => (isNumeric ? Number(key) : String(key));
  const out = namesOf(bulk.out ?? '');
  const by = bulk.by?.split('.') ?? [];
  const toIn = (keys: readonly Key[]) => (isOne ? keys[0] : isList ? keys : keys.join(','));
  return {
    max: isOne ? 1 : findMax(definitions, schema, bulk),
    isOne,
    lengthOf: (key) => (group === 'query' ? encodeURIComponent(String(key)).length + separator : 0),
    accepts: (key) =>
      isNumeric ? /\d/.test(String(key)) && Number.isSafeInteger(Number(key)) : String(key).isWellFormed(),
    toRequest: (keys) => ({
      [group]: names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), toIn(keys.map(toKey))),
    }),
    setValues: isOne
      ? (values, [key], answer) => void values.set(String(key), at(answer, out) ?? null)
      : (values, _, answer) => setAll(values, at(answer, out), by),
  };
}

function findMax(definitions: Definitions, schema: JsonSchema, { max }: Bulk): number {
  const allowed = maxLengthOf(schema, definitions);
  if (allowed === undefined) return max ?? MAX;
  if (max !== undefined && max > allowed) throw new Error(`Expected \`max\` of at most ${allowed}, got ${max}.`);
  return max ?? allowed;
}

const NUMERIC = new Set(['integer', 'number']);

/** The schema of the parameter, or the property of the body, that takes the keys. */
function findIn(
  definitions: Definitions,
  { parameters = [], body }: OperationContract,
  group: string,
  names: readonly string[],
): JsonSchema | undefined {
  if (group === 'body') return names.length > 0 && body ? schemaAt(definitions, body.schema, names) : undefined;
  return names.length === 1 ? parameters.find((it) => it.in === group && it.name === names[0])?.schema : undefined;
}

function isExploded({ parameters = [] }: OperationContract, [name]: readonly string[]): boolean {
  return parameters.some((it) => it.in === 'query' && it.name === name && it.explode);
}

function findRequired({ parameters = [], body }: OperationContract, group: string, names: readonly string[]) {
  const other = parameters.find((it) => it.isRequired && !(it.in === group && it.name === names[0]));
  return other ? `${other.in}.${other.name}` : body?.isRequired && group !== 'body' ? 'a body' : undefined;
}

/** Checks that the answer has what `out` and `by` name. */
function assertOut(definitions: Definitions, { answers }: OperationContract, { out = '', by }: Bulk, isOne: boolean) {
  const answer = Object.values(answers).find((it) => it !== null);
  const found = answer && schemaAt(definitions, answer, namesOf(out));
  const refused = (expected: string) => new Error(`Expected \`out\` to name ${expected}, got "${out}".`);
  if (isOne) {
    if (!found || /[[*]/.test(out)) throw refused('a property of the answer');
  } else if (out.endsWith('[]')) {
    const element = found && elementOf(found, definitions);
    if (!element) throw refused('a list of the answer');
    if (by === undefined || !schemaAt(definitions, element, by.split('.'))) {
      throw new Error(`Expected \`by\` to name a property of ${out}, got ${JSON.stringify(by)}.`);
    }
  } else if (!found || !out.endsWith('*') || !valuesOf(found, definitions)) {
    throw refused('a list of the answer, as in "ratings[]", or an object by key, as in "stock.*"');
  }
}

/** The names before `[]` or `*`. */
function namesOf(out: string): string[] {
  return out
    .replace(/\[\]$|\.?\*$/, '')
    .split('.')
    .filter(Boolean);
}

function schemaAt(definitions: Definitions, schema: JsonSchema, names: readonly string[]): JsonSchema | undefined {
  return names.reduce<JsonSchema | undefined>((part, name) => part && propertyOf(part, name, definitions), schema);
}

function setAll(values: Map<string, unknown>, found: unknown, by: readonly string[]): void {
  const set = (key: string, value: unknown) => {
    if (values.has(key)) values.set(key, value);
  };
  if (Array.isArray(found)) for (const value of found) set(String(at(value, by)), value);
  else for (const [key, value] of Object.entries(found ?? {})) set(key, value);
}

function at(value: unknown, names: readonly string[]): unknown {
  let part = value;
  for (const name of names) {
    part = typeof part === 'object' && part !== null && Object.hasOwn(part, name) ? Reflect.get(part, name) : undefined;
  }
  return part;
}
