import type { Context } from '../context.ts';
import type { Id } from '../database/column-types.ts';
import { toPage } from '../database/page.ts';
import type { TableName } from '../database/schema.ts';
import type { Definitions } from '../database/tables.ts';
import { toGlobalId } from '../global-id.ts';
import type { BelongsTo, DeclaredField, HasMany } from './define-type.ts';
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
  return field.kind === 'belongsTo' ? toParent(field, place) : toChildren(field, place);
}

/** Creates the resolver of `Node.id`. */
export function toIdResolution(type: string): Resolution {
  return { resolve: ({ id }) => toGlobalId(type, String(id)), extensions: { reads: ['id'] } };
}

function toParent({ by }: BelongsTo, { table, definitions }: Place): Resolution {
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

function toChildren({ table, by, order }: HasMany, { name }: Place): Resolution {
  const list = {
    table: table as TableName,
    parent: by as never,
    direction: order === 'newest first' ? 'desc' : 'asc',
  } as const;
  const loader = `${name}By${by.charAt(0).toUpperCase()}${by.slice(1)}`;
  const loadAll = (rows: readonly AnyRow[], args: Arguments, { loaders }: Context) => {
    const ids = rows.map(({ id }) => id as Id);
    return loaders.pagesOf(loader, list).of(ids, toPage(args));
  };
  return {
    resolve: async (row, args, context) => loadAll([row], args, context)[0],
    extensions: { reads: ['id'], resolveAll: loadAll },
  };
}
