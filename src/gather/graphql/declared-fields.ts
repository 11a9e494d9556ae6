import type { Context } from '../context.ts';
import type { Id } from '../database/column-types.ts';
import type { TableName } from '../database/schema.ts';
import type { Definitions } from '../database/tables.ts';
import { toGlobalId } from '../global-id.ts';
import type { Key } from '../services/bulk.ts';
import type { BelongsTo, DeclaredField, FromService, HasMany, ManyToMany } from './define-type.ts';
import { toChildLists } from './lists/children-of.ts';
import { type RowsOfType, toConnection } from './lists/connection-of.ts';
import { toFinder } from './lists/find-by.ts';
import type { Reading } from './reads.ts';
import { findRows } from './rows.ts';
import type { TypeRegistry } from './types.ts';

type Arguments = Readonly<Record<string, never>>;

/** A row of any table. */
type AnyRow = Readonly<Record<string, unknown>>;

/** A resolver and the columns it reads, as the schema expects them. */
export interface Resolution {
  resolve: (row: AnyRow, args: Arguments, context: Context) => unknown;
  extensions: Reading & {
    /** See `ResolveAll`. */
    resolveAll?: (rows: readonly AnyRow[], args: Arguments, context: Context) => unknown;
  };
}

/** The position of a declared field. */
interface Place {
  /** The name of its type, and its own. */
  type: string;
  name: string;
  /** The rows that it returns. */
  rows: RowsOfType;
  types: TypeRegistry;
  definitions: Definitions;
}

/** The position of a field that is declared by a foreign key. */
interface PlaceInTable extends Place {
  /** The table of its type. */
  table: TableName;
}

/**
 * Creates the resolver of a declared field.
 * @throws Error if its type has no table, or the table no such foreign key
 */
export function toResolution(field: DeclaredField, place: Place): Resolution {
  if (field.kind === 'connectionOf') return ofNoColumn(toConnection(field, place.name, place.rows));
  if (field.kind === 'findBy') return ofNoColumn(toFinder(field, place));
  if (field.kind === 'fromService') return toServiceValue(field);
  const { type, name, types } = place;
  const table = types[type];
  if (!table)
    throw new Error(`${type}.${name} is declared by a foreign key, but ${type} has no table: add it to types.`);
  return field.kind === 'belongsTo' ? toParent(field, { ...place, table }) : toChildren(field, { ...place, table });
}

function ofNoColumn<Args>(resolve: (row: unknown, args: Args, context: Context) => unknown): Resolution {
  return { resolve: resolve as Resolution['resolve'], extensions: { reads: [] } };
}

/** Creates the resolver of `Node.id`. */
export function toIdResolution(type: string): Resolution {
  return { resolve: ({ id }) => toGlobalId(type, String(id)), extensions: { reads: ['id'] } };
}

function toParent({ by }: BelongsTo, { table, definitions }: PlaceInTable): Resolution {
  const references: Readonly<Record<string, string | undefined>> = definitions[table].references;
  const target = references[by] as TableName | undefined;
  if (!target) throw new Error(`Column "${by}" of table ${table} is not a foreign key of one column.`);
  const nullable: readonly string[] = definitions[table].nullable;
  const wanted = { table: target, key: definitions[target].key, isNullable: nullable.includes(by) };
  const findAll = (rows: readonly AnyRow[], _: Arguments, { loaders }: Context) => {
    const ids = rows.map((row) => row[by] as Id | null);
    return findRows(loaders, wanted, ids);
  };
  return {
    resolve: async (row, args, context) => {
      const [found] = await findAll([row], args, context);
      if (found instanceof Error) throw found;
      return found;
    },
    extensions: { reads: [by], resolveAll: findAll },
  };
}

function toServiceValue({ service, operation, by, select }: FromService): Resolution {
  const toField = (value: unknown) =>
    select === undefined || value === null || value instanceof Error ? value : (value as AnyRow)[select];
  const loadAll = async (rows: readonly AnyRow[], _: Arguments, { loaders }: Context) => {
    const keys = rows.map(({ [by]: key }) => (key ?? null) as Key | null);
    const unique = [...new Set(keys.filter((key) => key !== null))];
    const values = await loaders.ofService(service, operation).loadMany(unique);
    const byKey = new Map(unique.map((key, index) => [key, toField(values[index])]));
    return keys.map((key) => (key === null ? null : byKey.get(key)));
  };
  return {
    resolve: async (row, args, context) => {
      const [value] = await loadAll([row], args, context);
      if (value instanceof Error) throw value;
      return value;
    },
    extensions: { reads: [by], resolveAll: loadAll },
  };
}

function toChildren(field: HasMany | ManyToMany, place: PlaceInTable): Resolution {
  const loadAll = toChildLists(field, place);
  return {
    resolve: async (row, args, context) => {
      const [found] = await loadAll([row], args, context);
      if (found instanceof Error) throw found;
      return found;
    },
    extensions: { reads: [place.definitions[place.table].key], resolveAll: loadAll },
  };
}
