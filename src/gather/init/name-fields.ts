import { capitalise, takeName, toListName, toTypeName } from '../codegen/names.ts';
import { type NamedTable, placeOf, type Structure } from '../codegen/structure.ts';
import { isShown } from './columns.ts';
import {
  isOnlyPairs,
  type Pairs,
  pairsOf,
  placeOfMany,
  placeOfOne,
  placeOfPairs,
  type Reference,
  referencesOf,
} from './relations.ts';

const ROOTS = ['node', 'nodes', 'viewer'];
/** A relation that is called after what happened: `lentBy`, `sequelOf`. */
const PREPOSITION = /[a-z](At|By|For|From|In|Of|On|To|With)$/;

/** Names the fields of Query and those that lead to other rows. What has a name in the former structure keeps it. */
export function nameFields(structure: Structure, former?: Structure): Structure {
  const before = new Map(former?.tables.map((table) => [placeOf(table), table]));
  const kept = structure.tables.flatMap((table) => before.get(placeOf(table)) ?? []);
  const roots = new Set([...ROOTS, ...kept.flatMap(({ one, many }) => [one ?? [], many ?? []].flat())]);
  const references = referencesOf(structure);
  const withLists = structure.tables.map((table): NamedTable => {
    const known = before.get(placeOf(table))?.many;
    if (known === undefined && isOnlyPairs(table, references)) return table;
    return { ...table, many: known ?? takeList(roots, table) };
  });
  const typed = withLists.map((table): NamedTable => {
    return table.many === undefined
      ? table
      : { ...table, one: before.get(placeOf(table))?.one ?? takeName(roots, oneOf(table), `${oneOf(table)}By`) };
  });
  return withRelations({ ...structure, tables: typed }, before);
}

/**
 * The names of a structure whose project was written before there were many-to-many lists and fields of Query with one row.
 * Such a structure has none of them, and its project neither edges nor conditions of nested lists.
 */
export function nameFormerFields(structure: Structure): Structure {
  const roots = new Set(ROOTS);
  const tables = structure.tables.map((table) => ({ ...table, many: takeList(roots, table) }));
  const { tables: named } = withRelations({ ...structure, tables }, new Map());
  const references = referencesOf({ tables: named });
  return {
    ...structure,
    tables: named.map(({ relations = {}, ...table }, index) => {
      const pairs = pairsOf(named[index] as NamedTable, references).map((it) => placeOfPairs(it, structure));
      const others = Object.entries(relations).filter(([place]) => !pairs.includes(place));
      return { ...table, relations: Object.fromEntries(others) };
    }),
  };
}

function takeList(roots: Set<string>, { type }: NamedTable): string {
  const list = toListName(type);
  return takeName(roots, list, `${list}List`);
}

function oneOf({ type }: NamedTable): string {
  return type.charAt(0).toLowerCase() + type.slice(1);
}

function withRelations(structure: Structure, before: ReadonlyMap<string, NamedTable>): Structure {
  const all = referencesOf(structure);
  const typed = all.filter(({ from }) => from.many !== undefined);
  const tables = structure.tables.map((table): NamedTable => {
    if (table.many === undefined) return table;
    const relations: readonly (readonly [place: string, names: readonly string[]])[] = [
      ...typed.filter(({ from }) => from === table).map((it) => [placeOfOne(it), [it.role, `${it.role}Row`]] as const),
      ...typed
        .filter(({ to }) => to === table)
        .map((it) => [placeOfMany(it, structure), namesOfMany(it, all)] as const),
      ...pairsOf(table, all).map((it) => [placeOfPairs(it, structure), namesOfPairs(it)] as const),
    ];
    const known = new Map(Object.entries(before.get(placeOf(table))?.relations ?? {}));
    const kept = relations.flatMap(([place]) => known.get(place) ?? []);
    const columns = table.columns.filter((column) => isShown(table, column)).map(({ name }) => name);
    const taken = new Set(['id', ...columns, ...kept]);
    const names = relations.map(([place, all]) => [place, known.get(place) ?? takeName(taken, ...all)]);
    return { ...table, relations: Object.fromEntries(names) };
  });
  return { ...structure, tables };
}

/** Several lists of one type are told apart by the foreign key: `filmsByOriginalLanguage`, `rentalsLentBy`. */
function namesOfMany({ from, to, role }: Reference, all: readonly Reference[]): string[] {
  const list = toListName(from.type);
  const isOnly = all.filter((it) => it.from === from && it.to === to).length === 1 && from !== to;
  const suffixed = list + (PREPOSITION.test(role) ? capitalise(role) : `By${capitalise(role)}`);
  return isOnly || toTypeName(role) === to.type ? [list, suffixed] : [suffixed];
}

/** Pairs of one table, such as users who follow users, are called after the foreign key: `followers`. */
function namesOfPairs({ through, by, to }: Pairs): string[] {
  const list = toListName(to.to.type);
  const names = by.to === to.to ? (toTypeName(to.role) === to.to.type ? [] : [toListName(to.role)]) : [list];
  return [...names, `${list}Through${through.type}`];
}
