import type { Context } from '../context.ts';
import { findForeignKey } from '../database/foreign-key.ts';
import { type Key, toKey } from '../database/key.ts';
import type { TableName } from '../database/schema.ts';
import type { Definitions } from '../database/tables.ts';
import { toGlobalId } from '../global-id.ts';
import { type Lead, rowLoaderName, serviceValuesName } from '../loaders/leads.ts';
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
  if (field.kind === 'findBy') return ofNoColumn(toFinder(field, place.rows, place));
  if (field.kind === 'fromService') return toServiceValue(field);
  const { type, name, types } = place;
  const table = types[type];
  if (!table)
    throw new Error(`${type}.${name} is declared by a foreign key, but ${type} has no table: add it to types.`);
  return field.kind === 'belongsTo' ? toParent(field, { ...place, table }) : toChildren(field, { ...place, table });
}

function ofNoColumn<Args>(resolve: (row: unknown, args: Args, context: Context) => unknown): Resolution {
  return { resolve: resolve as Resolution['resolve'], extensions: { reads: [], leads: [] } };
}

/** Creates the resolver of `Node.id`. @param columns those of the key */
export function toIdResolution(type: string, columns: readonly string[]): Resolution {
  const key = toKey(columns);
  return { resolve: (row) => toGlobalId(type, key.textOf(row) ?? ''), extensions: { reads: columns, leads: [] } };
}

function toParent({ by }: BelongsTo, { table, definitions }: PlaceInTable): Resolution {
  const found = findForeignKey(definitions, table, by);
  if (!found) throw new Error(`Column "${by}" of table ${table} is no foreign key.`);
  const nullable: readonly string[] = definitions[table].nullable;
  const isNullable = found.columns.some((column) => nullable.includes(column));
  const wanted = { table: found.table, key: toKey(found.to), isNullable };
  const lead: Lead = { loader: rowLoaderName(found.table, found.to), rows: found.table };
  const foreignKey = toKey(found.columns);
  const findAll = (rows: readonly AnyRow[], _: Arguments, { loaders }: Context) => {
    return findRows(loaders, wanted, textsOf(rows, foreignKey));
  };
  return {
    resolve: async (row, args, context) => {
      const [found] = await findAll([row], args, context);
      if (found instanceof Error) throw found;
      return found;
    },
    extensions: { reads: found.columns, leads: [lead], resolveAll: findAll },
  };
}

function toServiceValue({ service, operation, by, select }: FromService): Resolution {
  const key = toKey([by]);
  const toField = (value: unknown) =>
    select === undefined || value === null || value instanceof Error ? value : (value as AnyRow)[select];
  const loadAll = (rows: readonly AnyRow[], _: Arguments, { loaders }: Context) => {
    const values = loaders.ofService(service, operation);
    const keys = textsOf(rows, key);
    return values.load(keys).then(() => keys.map((it) => toField(values.find(it))));
  };
  return {
    resolve: async (row, args, context) => {
      const [value] = await loadAll([row], args, context);
      if (value instanceof Error) throw value;
      return value;
    },
    extensions: {
      reads: [by],
      leads: [{ loader: serviceValuesName(service, operation), rows: null }],
      resolveAll: loadAll,
    },
  };
}

function toChildren(field: HasMany | ManyToMany, place: PlaceInTable): Resolution {
  const { reads, leads, loadAll } = toChildLists(field, place);
  return {
    resolve: async (row, args, context) => {
      const [found] = await loadAll([row], args, context);
      if (found instanceof Error) throw found;
      return found;
    },
    extensions: { reads, leads, resolveAll: loadAll },
  };
}

function textsOf(rows: readonly AnyRow[], key: Key): (string | null)[] {
  return rows.map((row) => key.textOf(row));
}
