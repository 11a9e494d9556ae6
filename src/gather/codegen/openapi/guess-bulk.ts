import type { Bulk } from '../../services/bulk.ts';
import type { Contract, JsonSchema, OperationContract } from '../../services/contract.ts';
import { elementOf, maxLengthOf, propertiesOf, typeOf, valuesOf } from '../../services/json-schema.ts';

type Definitions = Contract['definitions'];

/** What a POST or its last segment is called if it only reads. */
const READS = /^(?:batch|bulk)?(?:find|fetch|get|list|load|lookup|query|read|resolve|search)/i;
const KEYS = /(?:id|code|key|number|isbn)s(?:\[\])?$/i;
const SCALARS = new Set(['integer', 'number', 'string']);

/** A place for keys in a request. */
interface KeysIn {
  in: Bulk['in'];
  /** The name of the keys: `isbns`. */
  name: string;
  schema: JsonSchema;
}

/**
 * Guesses from the shapes of its request and answer how an operation reads values by key, for a person to correct.
 * @returns undefined if it seems to do something else, or needs more than keys
 */
export function guessBulk(operation: OperationContract, definitions: Definitions): Bulk | undefined {
  const keys = findKeys(operation, definitions);
  const answer = Object.values(operation.answers).find((it) => it !== null);
  if (!keys || !answer || !isRead(operation)) return undefined;
  if (keys.in.startsWith('path.')) {
    const [only, ...others] = propertiesOf(answer, definitions).keys();
    return { in: keys.in, ...(only !== undefined && others.length === 0 && { out: only }) };
  }
  const out = findOut(answer, keys, definitions);
  return out && { in: keys.in, max: maxLengthOf(keys.schema, definitions) ?? 100, ...out };
}

function isRead({ method, path }: OperationContract): boolean {
  return method === 'GET' || (method === 'POST' && READS.test(path.split('/').at(-1) ?? ''));
}

/** The one parameter, or property of the body, that is a list of scalars; or else the one parameter of the path. */
function findKeys({ parameters = [], body }: OperationContract, definitions: Definitions): KeysIn | undefined {
  const inPath = parameters.filter((it) => it.in === 'path');
  const isRequiredBeside = (name?: string) => parameters.some((it) => it.isRequired && it.name !== name);
  if (inPath.length > 0) {
    const [only, other] = inPath;
    if (!only || other || body?.isRequired || isRequiredBeside(only.name)) return undefined;
    return { in: `path.${only.name}`, name: only.name, schema: only.schema };
  }
  const properties = [...(body ? propertiesOf(body.schema, definitions) : [])];
  // A list that need not be given is a filter, such as `tags`, unless its name says that it has keys.
  const inQuery = parameters.filter((it) => it.in === 'query' && (it.isRequired || KEYS.test(it.name)));
  const all: KeysIn[] = [
    ...inQuery.map(({ name, schema }) => ({ in: `query.${name}` as const, name, schema })),
    ...properties.map(([name, schema]) => ({ in: `body.${name}` as const, name, schema })),
  ];
  const lists = all.filter(({ schema }) => isScalar(elementOf(schema, definitions), definitions));
  const [only, other] = lists;
  if (!only || other || isRequiredBeside(only.name) || (body?.isRequired && only.in.startsWith('query')))
    return undefined;
  return only;
}

/** The list of objects, or the object by key, in an answer that has one only. */
function findOut(answer: JsonSchema, keys: KeysIn, definitions: Definitions): Pick<Bulk, 'out' | 'by'> | undefined {
  const parts: [string, JsonSchema][] = [['', answer], ...propertiesOf(answer, definitions)];
  const found = parts.flatMap(([name, schema]) => {
    const element = elementOf(schema, definitions);
    const by = element && findKey(element, keys, definitions);
    if (by) return [{ out: `${name}[]`, by }];
    return valuesOf(schema, definitions) ? [{ out: name ? `${name}.*` : '*' }] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}

/** The property of an object that has its key: named like the keys, or the only one of their type that ends like a key. */
function findKey(element: JsonSchema, { name, schema }: KeysIn, definitions: Definitions): string | undefined {
  const type = typeOf(elementOf(schema, definitions) ?? {}, definitions);
  const properties = [...propertiesOf(element, definitions)].filter(([, it]) => typeOf(it, definitions) === type);
  const names = properties.map(([property]) => property);
  const one = singularOf(name);
  const exact = names.find((property) => property.toLowerCase() === one);
  if (exact) return exact;
  const endings = names.filter((property) => /(?:id|code|key|number|isbn)$/i.test(property));
  return endings.length === 1 ? endings[0] : undefined;
}

/** `bookIds` and `book_ids[]` become `bookid` and `book_id`. */
function singularOf(name: string): string {
  return name.toLowerCase().replace(/\[\]$/, '').replace(/ies$/, 'y').replace(/s$/, '');
}

function isScalar(schema: JsonSchema | undefined, definitions: Definitions): boolean {
  return schema !== undefined && SCALARS.has(typeOf(schema, definitions) ?? '');
}
