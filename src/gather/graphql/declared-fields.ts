import type { Context } from '../context.ts';
import { findForeignKey } from '../database/foreign-key.ts';
import { type Key, toKey } from '../database/key.ts';
import { toPage } from '../database/page.ts';
import type { TableName } from '../database/schema.ts';
import type { Definitions } from '../database/tables.ts';
import { toGlobalId } from '../global-id.ts';
import type { Key as ServiceKey } from '../services/bulk.ts';
import type { BelongsTo, DeclaredField, FromService, HasMany } from './define-type.ts';
import type { Reading } from './reads.ts';
import { findRows } from './rows.ts';

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
  /** The field's name. */
  name: string;
  /** The table of its type. */
  table: TableName;
  definitions: Definitions;
}

/**
 * Creates the resolver of a declared field.
 * @throws Error if the table has no such foreign key
 */
export function toResolution(field: DeclaredField, place: Place): Resolution {
  if (field.kind === 'fromService') return toServiceValue(field);
  return field.kind === 'belongsTo' ? toParent(field, place) : toChildren(field, place);
}

/** Creates the resolver of `Node.id`. @param columns those of the key */
export function toIdResolution(type: string, columns: readonly string[]): Resolution {
  const key = toKey(columns);
  return { resolve: (row) => toGlobalId(type, key.textOf(row) ?? ''), extensions: { reads: columns } };
}

function toParent({ by }: BelongsTo, { table, definitions }: Place): Resolution {
  const found = findForeignKey(definitions, table, by);
  if (!found) throw new Error(`Column "${by}" of table ${table} is no foreign key.`);
  const nullable: readonly string[] = definitions[table].nullable;
  const isNullable = found.columns.some((column) => nullable.includes(column));
  const wanted = { table: found.table, key: toKey(found.to), isNullable };
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
    extensions: { reads: found.columns, resolveAll: findAll },
  };
}

function toServiceValue({ service, operation, by, select }: FromService): Resolution {
  const toField = (value: unknown) =>
    select === undefined || value === null || value instanceof Error ? value : (value as AnyRow)[select];
  const loadAll = async (rows: readonly AnyRow[], _: Arguments, { loaders }: Context) => {
    const keys = rows.map(({ [by]: key }) => (key ?? null) as ServiceKey | null);
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

function toChildren({ table, by, order }: HasMany, { name, table: parent, definitions }: Place): Resolution {
  const found = findForeignKey(definitions, table as TableName, by);
  const key = toKey(found?.to ?? definitions[parent].key);
  const columns = typeof by === 'string' ? [by] : by;
  const list = {
    table: table as TableName,
    parent: columns as never,
    direction: order === 'newest first' ? 'desc' : 'asc',
  } as const;
  const loader = `${name}By${columns.map((column) => column.charAt(0).toUpperCase() + column.slice(1)).join('And')}`;
  const loadAll = (rows: readonly AnyRow[], args: Arguments, { loaders }: Context) => {
    return loaders.pagesOf(loader, list).of(textsOf(rows, key) as string[], toPage(args));
  };
  return {
    resolve: async (row, args, context) => loadAll([row], args, context)[0],
    extensions: { reads: key.columns, resolveAll: loadAll },
  };
}

function textsOf(rows: readonly AnyRow[], key: Key): (string | null)[] {
  return rows.map((row) => key.textOf(row));
}
