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
  return [...compare(before.columns, now.columns, toPlace), ...changed];
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
