import type { FoundColumn } from '../codegen/introspect.ts';
import { toFieldName } from '../codegen/names.ts';
import { codeNameOf, type NamedTable, type Structure } from '../codegen/structure.ts';
import { isHidden, isShown } from './columns.ts';

/** A foreign key. */
export interface Reference {
  from: NamedTable;
  columns: readonly FoundColumn[];
  to: NamedTable;
  /** What the referring row calls the other one: `language` for `language_code`. */
  role: string;
}

/** A table of pairs, as seen from one of its sides. */
export interface Pairs {
  through: NamedTable;
  /** Its foreign key to this side, and the one to the other. */
  by: Reference;
  to: Reference;
}

/** The foreign keys between the tables of a database. */
export function referencesOf({ tables }: Pick<Structure, 'tables'>): Reference[] {
  return tables.flatMap((from) =>
    from.foreignKeys.flatMap(({ columns: names, schema, table, to: target }) => {
      const to = tables.find((it) => it.schema === schema && it.name === table);
      const columns = names.flatMap((name) => from.columns.filter((it) => it.name === name));
      if (!to || ![to.key, ...to.unique].some((key) => isSame(key, target))) return [];
      return [{ from, columns, to, role: toRole(columns, target, to) }];
    }),
  );
}

/** The pairs that a table is a side of. */
export function pairsOf(table: NamedTable, references: readonly Reference[]): Pairs[] {
  const tables = new Set(references.filter(({ to }) => to === table).map(({ from }) => from));
  return [...tables].flatMap((through) => {
    const [one, other] = sidesOf(through, references) ?? [];
    if (!one || !other) return [];
    const both = [
      { through, by: one, to: other },
      { through, by: other, to: one },
    ];
    return both.filter(({ by }) => by.to === table);
  });
}

/** Whether a table has nothing but pairs, with the times of their changes at most, and no other refers to it. */
export function isOnlyPairs(table: NamedTable, references: readonly Reference[]): boolean {
  const isPlain = table.columns.filter((column) => isShown(table, column)).every(isTimeOfChange);
  return isPlain && !references.some(({ to }) => to === table) && sidesOf(table, references) !== undefined;
}

/** Columns of a table of pairs, besides its foreign keys, that are few. */
const FEW = 3;
const TIMES = ['date', 'timestamp', 'timestamptz'];
const CHANGE = /^(added|created|inserted|modified|updated)(At|On|Date)?$|^last(Change|Modified|Update)d?$/;

function isTimeOfChange({ name, type }: FoundColumn): boolean {
  return TIMES.includes(type?.sql ?? '') && CHANGE.test(name);
}

/**
 * The two sides of a table of pairs: its key is two foreign keys; or another unique key is, and it has few other columns; or
 * it has two foreign keys, and nothing else but a key of its own and the times of changes.
 */
function sidesOf(table: NamedTable, references: readonly Reference[]): [Reference, Reference] | undefined {
  const own = references.filter(({ from }) => from === table);
  const byKey = pairThat(own, table.key);
  if (byKey) return byKey;
  const others = table.columns.filter((column) => !isHidden(table, column));
  const byUnique = table.unique.map((key) => pairThat(own, key)).find((pair) => pair !== undefined);
  if (byUnique && others.length <= FEW) return byUnique;
  const [one, other, third] = own;
  const isBare = others.every(isTimeOfChange) && !references.some(({ to }) => to === table);
  const isWhole = [one, other].every((it) => it?.columns.every(({ isNullable }) => !isNullable));
  return one && other && !third && isBare && isWhole ? [one, other] : undefined;
}

/** The two foreign keys of which a key consists. They may share columns, such as a tenant. */
function pairThat(own: readonly Reference[], key: readonly string[]): [Reference, Reference] | undefined {
  const parts = own.filter((it) => isWithin(namesOf(it), key));
  for (const [index, one] of parts.entries()) {
    const other = parts.slice(index + 1).find((it) => {
      const [left, right] = [namesOf(one), namesOf(it)];
      return isWithin(key, [...left, ...right]) && !isWithin(left, right) && !isWithin(right, left);
    });
    if (other) return [one, other];
  }
  return undefined;
}

function isWithin(columns: readonly string[], others: readonly string[]): boolean {
  return columns.every((column) => others.includes(column));
}

/** What a relation is declared by, which is how `database.json` remembers its name. */
export function placeOfOne({ columns }: Reference): string {
  return columns.map(({ name }) => name).join(',');
}

export function placeOfMany(reference: Reference, structure: Pick<Structure, 'schemas'>): string {
  return `${codeNameOf(reference.from, structure)}.${placeOfOne(reference)}`;
}

export function placeOfPairs({ by, to }: Pairs, structure: Pick<Structure, 'schemas'>): string {
  return `${placeOfMany(by, structure)}.${placeOfOne(to)}`;
}

/** The columns of a foreign key. */
export function namesOf({ columns }: Reference): string[] {
  return columns.map(({ name }) => name);
}

function isSame(key: readonly string[], other: readonly string[]): boolean {
  return key.length === other.length && key.every((column) => other.includes(column));
}

/**
 * Drops the word of the other table's key: `language_code`, which refers to a `language_code`, is a `language`. A foreign
 * key of several columns is called after the other table.
 */
function toRole(columns: readonly FoundColumn[], target: readonly string[], to: NamedTable): string {
  const [column] = columns;
  const byTable = toFieldName(to.type.charAt(0).toLowerCase() + to.type.slice(1));
  if (!column || columns.length > 1) return byTable;
  const word = /[A-Z]?[a-z0-9]+$/.exec(target[0] ?? '')?.[0] ?? '';
  const plain = toFieldName(column.column ?? column.name);
  const short = plain.toLowerCase().endsWith(word.toLowerCase()) ? plain.slice(0, -word.length) : plain;
  return short === '' ? byTable : short;
}
