import type { Hop } from '../../database/related.ts';
import type { TableName } from '../../database/schema.ts';
import type { Definitions } from '../../database/tables.ts';
import type { DeclaredField, ManyToMany } from '../define-type.ts';

/** The steps from the rows of a table to those of a field; undefined if it is not declared by a foreign key of the table. */
export function hopsOf(field: DeclaredField, table: TableName, definitions: Definitions): readonly Hop[] | undefined {
  switch (field.kind) {
    case 'belongsTo': {
      const target = referencesOf(table, definitions)[field.by];
      return target && [toHop(target, field.by, definitions[target].key, definitions)];
    }
    case 'hasMany':
      return [toHop(field.table as TableName, definitions[table].key, field.by, definitions)];
    case 'manyToMany': {
      const columns = pairColumns(field, table, definitions);
      if (!columns) return undefined;
      const target = field.table as TableName;
      return [
        toHop(field.through as TableName, definitions[table].key, columns.by, definitions),
        toHop(target, columns.to, definitions[target].key, definitions),
      ];
    }
    default:
      return undefined;
  }
}

/**
 * The columns of a table of pairs that refer to the parent's table and to the other one. Undefined if one of them is
 * missing, or several could be meant.
 */
export function pairColumns(
  { table: target, through, by, to }: ManyToMany,
  table: TableName,
  definitions: Definitions,
): { by: string; to: string } | undefined {
  const references = Object.entries(referencesOf(through as TableName, definitions));
  const columnsTo = (name: string, other: string | undefined) =>
    references.filter(([column, found]) => found === name && column !== other).map(([column]) => column);
  const [own, ...otherOwn] = by === undefined ? columnsTo(table, to) : [by];
  const [away, ...otherAway] = to === undefined ? columnsTo(target, by) : [to];
  if (own === undefined || away === undefined || own === away || otherOwn.length + otherAway.length > 0)
    return undefined;
  return { by: own, to: away };
}

function referencesOf(table: TableName, definitions: Definitions): Readonly<Record<string, TableName | undefined>> {
  return definitions[table].references as Readonly<Record<string, TableName | undefined>>;
}

function toHop(table: TableName, from: string, to: string, definitions: Definitions): Hop {
  return { definition: definitions[table] as Hop['definition'], on: [[from, to]] };
}
