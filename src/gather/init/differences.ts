import type { FoundColumn } from '../codegen/introspect.ts';
import { type NamedTable, placeOf, type Structure } from '../codegen/structure.ts';

/** What has changed in a database, a line each: `film.length: new`. */
export function differencesOf(before: Structure, now: Structure): string[] {
  const lines = compare(before.tables, now.tables, placeOf);
  for (const table of now.tables) {
    const former = before.tables.find((it) => placeOf(it) === placeOf(table));
    if (former) lines.push(...columnsOf(former, table));
  }
  return lines;
}

function columnsOf(before: NamedTable, now: NamedTable): string[] {
  const toPlace = ({ name, column = name }: FoundColumn) => `${now.name}.${column}`;
  const changed = now.columns.flatMap((column) => {
    const former = before.columns.find((it) => toPlace(it) === toPlace(column));
    const [was, is] = [former && typeOf(former), typeOf(column)];
    return former && was !== is ? [`${toPlace(column)}: ${was} became ${is}`] : [];
  });
  return [...compare(before.columns, now.columns, toPlace), ...changed, ...renamingOf(before, now)];
}

/** If one column went and one of the same type came: that it may have been renamed, and what a person has to edit then. */
function renamingOf(before: NamedTable, now: NamedTable): string[] {
  const columnOf = ({ name, column = name }: FoundColumn) => column;
  const others = (columns: readonly FoundColumn[], { columns: known }: NamedTable) =>
    columns.filter((it) => !known.some((other) => columnOf(other) === columnOf(it)));
  const [gone, secondGone] = others(before.columns, now);
  const [fresh, secondFresh] = others(now.columns, before);
  if (!gone || !fresh || secondGone || secondFresh || typeOf(gone) !== typeOf(fresh)) return [];
  const names = `${now.name}: perhaps renamed: ${columnOf(gone)} → ${columnOf(fresh)}.`;
  return [
    `${names} Write ${fresh.name} for ${gone.name} in what you have edited; or, to keep ${gone.name} in the API, write that for ${fresh.name} in database.json and in your files. Then run \`npm run codegen\`.`,
  ];
}

function compare<T>(before: readonly T[], now: readonly T[], toPlace: (it: T) => string): string[] {
  const [old, fresh] = [new Set(before.map(toPlace)), new Set(now.map(toPlace))];
  return [
    ...[...fresh].filter((place) => !old.has(place)).map((place) => `${place}: new`),
    ...[...old].filter((place) => !fresh.has(place)).map((place) => `${place}: gone`),
  ];
}

function typeOf({ typeName, isNullable, values }: FoundColumn): string {
  return `${values ? `${typeName} of ${values.join(', ')}` : typeName}${isNullable ? ', nullable' : ''}`;
}
