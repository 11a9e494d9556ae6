import type { Context } from '../context.ts';
import { toPage } from '../database/page.ts';
import type { TableName } from '../database/schema.ts';
import type { Definitions } from '../database/tables.ts';
import { toGlobalId } from '../global-id.ts';
import type { BelongsTo, DeclaredField, HasMany } from './define-type.ts';
import type { Reading } from './reads.ts';
import { findRow } from './rows.ts';

/** A row of any table. */
type AnyRow = Readonly<Record<string, unknown>>;

/** A resolver and the columns it reads, as the schema expects them. */
export interface Resolution {
  resolve: (row: AnyRow, args: Readonly<Record<string, never>>, context: Context) => unknown;
  extensions: Reading;
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

/**
 * Returns the row synchronously if it is cached. Promises would double the cost of executing a page whose every row has
 * a parent.
 */
function toParent({ by }: BelongsTo, { table, definitions }: Place): Resolution {
  const references: Readonly<Record<string, string | undefined>> = definitions[table].references;
  const target = references[by] as TableName | undefined;
  if (!target) throw new Error(`Column "${by}" of table ${table} is not a foreign key of one column.`);
  const nullable: readonly string[] = definitions[table].nullable;
  const isNullable = nullable.includes(by);
  return {
    resolve: (row, _, { loaders }) => {
      const id = row[by];
      if (id === null) return null;
      const { key } = definitions[target];
      const known = loaders.known.find(target, key, String(id));
      if (known) return known;
      const loader = loaders.rowsBy(target, key);
      return isNullable ? findRow<object>(loader, String(id)) : loader.load(String(id));
    },
    extensions: { reads: [by], refersTo: target },
  };
}

function toChildren({ table, by, order }: HasMany, { name }: Place): Resolution {
  const list = {
    table: table as TableName,
    parent: by as never,
    direction: order === 'newest first' ? 'desc' : 'asc',
  } as const;
  const loader = `${name}By${by.charAt(0).toUpperCase()}${by.slice(1)}`;
  return {
    resolve: async ({ id }, args, { loaders }) => loaders.pagesOf(loader, list).load(String(id), toPage(args)),
    extensions: { reads: ['id'] },
  };
}
