import { type ForeignKey, type ForeignKeyColumns, findForeignKey, foreignKeysOf } from '../../database/foreign-key.ts';
import type { Hop } from '../../database/related.ts';
import type { TableName } from '../../database/schema.ts';
import type { Definitions } from '../../database/tables.ts';
import type { DeclaredField, ManyToMany } from '../define-type.ts';

/** The steps from the rows of a table to those of a field; undefined if it is not declared by a foreign key of the table. */
export function hopsOf(field: DeclaredField, table: TableName, definitions: Definitions): readonly Hop[] | undefined {
  switch (field.kind) {
    case 'belongsTo': {
      const key = findForeignKey(definitions, table, field.by);
      return key && [toHop(key.table, key.columns, key.to, definitions)];
    }
    case 'hasMany': {
      const key = findForeignKey(definitions, field.table as TableName, field.by);
      return key && [toHop(field.table as TableName, key.to, key.columns, definitions)];
    }
    case 'manyToMany': {
      const keys = pairKeys(field, table, definitions);
      if (!keys) return undefined;
      const { by, to } = keys;
      return [
        toHop(field.through as TableName, by.to, by.columns, definitions),
        toHop(field.table as TableName, to.columns, to.to, definitions),
      ];
    }
    default:
      return undefined;
  }
}

/**
 * The foreign keys of a table of pairs to the parent's table and to the other one. Undefined if one of them is missing, or
 * several could be meant.
 */
export function pairKeys(
  { table: target, through, by, to }: ManyToMany,
  table: TableName,
  definitions: Definitions,
): { by: ForeignKey; to: ForeignKey } | undefined {
  const all = foreignKeysOf(definitions, through as TableName);
  const keysTo = (name: string, own: ForeignKeyColumns | undefined, other: ForeignKeyColumns | undefined) =>
    all.filter((key) => key.table === name && (own === undefined ? !isOf(key, other) : isOf(key, own)));
  const [own, ...otherOwn] = keysTo(table, by, to);
  const [away, ...otherAway] = keysTo(target, to, by);
  if (!own || !away || own === away || otherOwn.length + otherAway.length > 0) return undefined;
  return { by: own, to: away };
}

function isOf({ columns }: ForeignKey, given: ForeignKeyColumns | undefined): boolean {
  return columns.join() === (typeof given === 'string' ? given : given?.join());
}

function toHop(table: TableName, from: readonly string[], to: readonly string[], definitions: Definitions): Hop {
  const on = from.map((column, index) => [column, to[index] as string] as const);
  return { definition: definitions[table] as Hop['definition'], on };
}
