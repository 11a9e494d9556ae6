import { capitalise, takeName } from '../codegen/names.ts';
import { codeNameOf, type NamedTable, placeOf, type Structure } from '../codegen/structure.ts';
import { isKeyType } from '../database/held.ts';
import { type ColumnField, type EnumModel, Enums, isHidden, toColumnField } from './columns.ts';
import {
  namesOf,
  type Pairs,
  pairsOf,
  placeOfMany,
  placeOfOne,
  placeOfPairs,
  type Reference,
  referencesOf,
} from './relations.ts';
import type { ServiceField, ServiceModel } from './services.ts';

/** What a project has for a database. */
export interface Model {
  types: readonly TypeModel[];
  enums: readonly EnumModel[];
  services: readonly ServiceModel[];
  /** What was left out, with the reasons: `staff.password: looks secret`. */
  leftOut: readonly string[];
}

/** A GraphQL type over a table. */
export interface TypeModel {
  name: string;
  /** The name of its table in the code. */
  table: string;
  description: string;
  fields: readonly FieldModel[];
  /** The columns of its key. */
  key: readonly string[];
  /** The fields with unique columns, by which a row is found. */
  unique: readonly ColumnField[];
  /** The field of Query with one row. Projects that were written before there was one have plainer lists, too. */
  one: string | undefined;
  /** The field of Query with a list. */
  many: string;
}

/** A field of a type, besides `id`. */
export type FieldModel = ColumnField | RelationField | PairsField | ServiceField;

interface RelationField {
  kind: 'one' | 'many';
  name: string;
  /** The type of the other rows. */
  target: string;
  /** Their table's name in the code. */
  table: string;
  /** The columns of their key. */
  key: readonly string[];
  /** The columns of the foreign key. */
  by: readonly string[];
  description: string | undefined;
}

/** A field with the rows to which a table of pairs leads. */
export interface PairsField {
  kind: 'pairs';
  name: string;
  /** The type of the other rows. */
  target: string;
  /** Their table's name in the code. */
  table: string;
  /** The name of the table of pairs in the code. */
  through: string;
  /** The columns of its two foreign keys, if others could be meant. */
  sides: { by: readonly string[]; to: readonly string[] } | undefined;
  /** The edges, if pairs have columns of their own: `FilmActors` for `FilmActorsEdge`. */
  edge: { stem: string; fields: readonly ColumnField[]; description: string | undefined } | undefined;
}

/** What types are derived from, and what is collected on the way. */
interface Source {
  structure: Structure;
  references: readonly Reference[];
  services: readonly ServiceModel[];
  enums: Enums;
  /** The names that connections and edges cannot begin with. */
  stems: Set<string>;
  leftOut: Set<string>;
}

/** Derives types, fields and enums from the structure of a database, whose fields have names. */
export function toModel(structure: Structure, services: readonly ServiceModel[] = []): Model {
  const names = structure.tables.map(({ type }) => type);
  const enums = new Enums(names);
  const leftOut = new Set([...structure.leftOut, ...services.flatMap((it) => it.leftOut)]);
  const references = referencesOf(structure);
  const source = { structure, references, services, enums, stems: new Set(names), leftOut };
  const types = structure.tables.filter(hasType).map((table) => toTypeModel(table, source));
  return { types, enums: enums.all, services, leftOut: [...leftOut].sort() };
}

type TypedTable = NamedTable & { many: string };

function hasType(table: NamedTable): table is TypedTable {
  return table.many !== undefined;
}

function toTypeModel(table: TypedTable, source: Source): TypeModel {
  const { structure, references, services, leftOut } = source;
  const names = new Map(Object.entries(table.relations ?? {}));
  const taken = new Set(['id', ...names.values()]);
  const shown = table.columns.filter((column) => !isHidden(table, column));
  const columns = new Map(shown.map((it) => [it, toColumnField(table, it, { ...source, taken })]));
  const typed = references.filter(({ from }) => hasType(from));
  const ones = typed
    .filter(({ from }) => from === table)
    .map((it) => ({ at: it.columns.at(-1), field: toOne(it, names.get(placeOfOne(it)), structure) }));
  const lists = typed.filter(({ to }) => to === table);
  const isFree = ({ name, service, operation }: ServiceField) => {
    if (taken.has(name)) leftOut.add(`${service}.${operation}: ${table.type} has another field ${name}`);
    return !taken.has(name) && taken.add(name);
  };
  return {
    name: table.type,
    table: codeNameOf(table, structure),
    description: table.comment ?? `A row of ${placeOf(table)}.`,
    fields: [
      // A foreign key has the place of its last column.
      ...table.columns.flatMap((column): readonly FieldModel[] => [
        ...(columns.get(column) ?? []),
        ...ones.filter(({ at }) => at === column).map(({ field }) => field),
      ]),
      ...lists.map((it) => toMany(it, names.get(placeOfMany(it, structure)), structure)),
      ...pairsOf(table, references).flatMap((it) => {
        const name = names.get(placeOfPairs(it, structure));
        return name === undefined ? [] : [toPairs(it, name, source)];
      }),
      ...services.flatMap((it) => it.fields).filter((field) => field.table === table && isFree(field)),
    ],
    key: table.key,
    unique: [...columns].flatMap(([column, field]) => (isUnique(table, column) ? field : [])),
    one: table.one,
    many: table.many,
  };
}

/** Whether a row is found by a column. */
function isUnique({ key, unique }: NamedTable, { name, type }: NamedTable['columns'][number]): boolean {
  return isKeyType(type?.sql ?? '') && [key, ...unique].some((columns) => columns.join() === name);
}

function toOne(reference: Reference, name = reference.role, structure: Structure): RelationField {
  const { columns, to } = reference;
  const description = columns.at(-1)?.comment;
  return { kind: 'one', name, ...rowsOf(to, structure), by: namesOf(reference), description };
}

function toMany(reference: Reference, name = reference.role, structure: Structure): RelationField {
  return {
    kind: 'many',
    name,
    ...rowsOf(reference.from, structure),
    by: namesOf(reference),
    description: undefined,
  };
}

function rowsOf(table: NamedTable, structure: Structure): Pick<RelationField, 'target' | 'table' | 'key'> {
  return { target: table.type, table: codeNameOf(table, structure), key: table.key };
}

function toPairs(pairs: Pairs, name: string, source: Source): PairsField {
  const { through, by, to } = pairs;
  const { references, stems, structure } = source;
  const taken = new Set(['node', 'cursor']);
  const own = through.columns.filter((column) => !isHidden(through, column));
  const fields = own.flatMap((column) => toColumnField(through, column, { ...source, taken }));
  const all = references.filter(({ from }) => from === through);
  const isClear = [by, to].every((side) => all.filter((it) => it.to === side.to).length === 1);
  const stem = by.to.type + capitalise(name);
  return {
    kind: 'pairs',
    name,
    target: to.to.type,
    table: codeNameOf(to.to, structure),
    through: codeNameOf(through, structure),
    sides: isClear ? undefined : { by: namesOf(by), to: namesOf(to) },
    edge:
      fields.length > 0
        ? { stem: takeName(stems, stem, `${stem}Pair`), fields, description: through.comment }
        : undefined,
  };
}
