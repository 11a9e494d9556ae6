import { capitalise, isReserved, takeName, toFieldName, toTypeName } from '../codegen/names.ts';
import { guessBulk } from '../codegen/openapi/guess-bulk.ts';
import { readContract } from '../codegen/openapi/read-contract.ts';
import { toServiceName } from '../codegen/services.ts';
import { type NamedTable, type Structure, TAKEN_TYPES } from '../codegen/structure.ts';
import { hasSettingOfGather, settingsOfService } from '../config.ts';
import type { Bulk } from '../services/bulk.ts';
import type { Contract, JsonSchema, OperationContract } from '../services/contract.ts';
import { elementOf, propertiesOf, propertyOf, typeOf, valuesOf } from '../services/json-schema.ts';
import { InitError } from './init-error.ts';
import { baseNameOf, type ServiceFile } from './service-files.ts';

/** A service, and how the values of its operations are read by key. */
export interface ServiceModel {
  name: string;
  bulk: Readonly<Record<string, Bulk>>;
  fields: readonly ServiceField[];
  /** Its settings, each with its meaning. */
  settings: Readonly<Record<string, string>>;
  leftOut: readonly string[];
}

/** A field of a type with a value of a service. */
export interface ServiceField {
  kind: 'service';
  name: string;
  /** Its type in the SDL. */
  type: string;
  /** The fields of that type, if it is an object of the service. */
  object: readonly { name: string; type: string }[] | undefined;
  /** The table of the type that has the field. */
  table: NamedTable;
  service: string;
  operation: string;
  /** The column with the key. */
  by: string;
  description: string | undefined;
}

const SCALARS: Readonly<Record<string, string>> = {
  integer: 'Int',
  number: 'Float',
  string: 'String',
  boolean: 'Boolean',
};
const VERB = /^(batch|bulk|fetch|find|get|list|load|lookup|query|read|resolve|search)(?=[A-Z_])/;
const KEY_WORD = /(ids?|codes?|keys?|numbers?)$/i;

/** Names that the file of declarations uses for something else. */
const TAKEN = ['contracts', 'defineService', 'services'];

/**
 * Reads a service, and guesses which of its values belong to which rows.
 * @throws InitError if it is no OpenAPI file
 */
export function toServiceModel({ file, path, text }: ServiceFile, structure: Pick<Structure, 'tables'>): ServiceModel {
  const name = toServiceName(baseNameOf(file));
  assertFree(name);
  const { contract, leftOut } = refusing(() => readContract(text, { service: name, file: path }));
  const omitted = leftOut.map((line) => `${name}: ${line}`);
  const bulk: Record<string, Bulk> = {};
  const fields: ServiceField[] = [];
  const types = new Set([...TAKEN_TYPES, ...structure.tables.map(({ type }) => type)]);
  for (const [operation, found] of Object.entries<OperationContract>(contract.operations)) {
    const guess = guessBulk(found, contract.definitions);
    if (!guess) continue;
    bulk[operation] = guess;
    const place = findColumn(structure, guess, found);
    const value = place && toValue(found, guess, contract.definitions);
    if (!place || !value) {
      omitted.push(`${name}.${operation}: ${place ? 'its value has no type in GraphQL' : 'no table has its key'}`);
      continue;
    }
    const own = toFieldOf(operation, place.table, guess);
    const plain = place.table.type + capitalise(own);
    const type = value.object ? takeName(types, plain, `${plain}Value`) : value.type;
    const description = `From the service ${name}.`;
    fields.push({ kind: 'service', name: own, ...value, type, ...place, service: name, operation, description });
  }
  return { name, bulk, fields, settings: settingsOfService(name, contract), leftOut: omitted };
}

function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new InitError((error as Error).message, { cause: error });
  }
}

/** The one column that has the keys: `filmIds` are the keys of films, and `isbns` are in the unique column `isbn`. */
function findColumn(
  { tables }: Pick<Structure, 'tables'>,
  { in: place, by = '' }: Bulk,
  { path }: OperationContract,
): { table: NamedTable; by: string } | undefined {
  const names = [place.split('.').at(-1) ?? '', by, ...path.split('/').reverse()].filter((it) => /^\w+$/.test(it));
  for (const name of names) {
    const column = toFieldName(toTypeName(name).charAt(0).toLowerCase() + toTypeName(name).slice(1));
    const unique = tables.filter((it) => [it.key, ...it.unique].some((key) => key.length === 1 && key[0] === column));
    const [table, another] =
      unique.length === 1 ? unique : tables.filter((it) => it.type === toTypeName(withoutKey(name)));
    if (!table || another) continue;
    if (unique.length === 1) return { table, by: column };
    const [key, second] = table.key;
    if (key !== undefined && second === undefined) return { table, by: key };
  }
  return undefined;
}

function withoutKey(name: string): string {
  return name.replace(KEY_WORD, '');
}

/** The value of a key: a scalar, or an object with the scalars that it has. */
function toValue(
  { answers }: OperationContract,
  { out, by }: Bulk,
  definitions: Contract['definitions'],
): Pick<ServiceField, 'type' | 'object'> | undefined {
  const answer = Object.values(answers).find((it) => it !== null);
  const schema = answer && valueAt(answer, out ?? '', definitions);
  if (!schema) return undefined;
  const scalar = SCALARS[typeOf(schema, definitions) ?? ''];
  if (scalar !== undefined) return { type: scalar, object: undefined };
  const required = [schema['required'] ?? []].flat();
  const object = [...propertiesOf(schema, definitions)].flatMap(([name, property]) => {
    const type = SCALARS[typeOf(property, definitions) ?? ''];
    if (type === undefined || name === by || !/^[A-Za-z]\w*$/.test(name)) return [];
    const isThere = required.includes(name) && !JSON.stringify(property).includes('null');
    return [{ name, type: isThere ? `${type}!` : type }];
  });
  return object.length > 0 ? { type: '', object } : undefined;
}

/** The schema of a value where `out` says: `ratings[]`, `stock.*`, `points`, or the whole answer. */
function valueAt(answer: JsonSchema, out: string, definitions: Contract['definitions']): JsonSchema | undefined {
  const [, name = '', kind = ''] = /^(.*?)(\[\]|\.?\*)?$/.exec(out) ?? [];
  const schema = name === '' ? answer : propertyOf(answer, name, definitions);
  if (!schema || kind === '') return schema;
  return kind === '[]' ? elementOf(schema, definitions) : valuesOf(schema, definitions);
}

/** `getFilmPrices` of a film is its `price`, `getPoints` of one customer its `points`. */
function toFieldOf(operation: string, table: NamedTable, { in: place }: Bulk): string {
  const taken = new Set(table.columns.map(({ name }) => name));
  const plain = operation.replace(VERB, '');
  const short = toTypeName(plain).replace(new RegExp(`^${table.type}(?=[A-Z])`), '');
  const isOne = place.startsWith('path.');
  const name = isOne ? toFieldName(plain) : short;
  return takeName(taken, name.charAt(0).toLowerCase() + name.slice(1), toFieldName(operation));
}

/** @throws InitError for a name that neither the constant nor the settings of a service can have */
function assertFree(name: string): void {
  const meaning = hasSettingOfGather(name)
    ? 'whose settings would be those of Gather'
    : 'which means something else in the code';
  if (!TAKEN.includes(name) && !isReserved(name) && !hasSettingOfGather(name)) return;
  throw new InitError(`Expected another name for the service than ${name}, ${meaning}. Name its file differently.`);
}
