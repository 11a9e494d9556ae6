import type { Context } from '../../context.ts';
import { type OrderTerm, toTerms } from '../../database/order.ts';
import { type PageArguments, toPage } from '../../database/page.ts';
import type { TableName } from '../../database/schema.ts';
import type { Table } from '../../database/table.ts';
import type { Where } from '../../database/where.ts';
import type { Role } from '../../viewer.ts';
import type { ConnectionOf } from '../define-type.ts';
import { type Guard, ownRows } from './own-rows.ts';

type AnyOrder = readonly OrderTerm<TableName>[];

/** The arguments of a list, those that the SDL declares. */
export interface ListArguments extends PageArguments {
  where?: unknown;
  orderBy?: readonly unknown[] | null;
}

/** The rows of a list. */
export interface RowsOfType {
  /** Their type in the SDL. */
  type: string;
  /** Who may see them. */
  guard: Guard;
  /** Whether a field returns a page of them, as a connection. */
  isPaged: boolean;
  /** The IDs in the field's argument `by`. */
  ids: readonly string[];
  /** The least roles that may read their fields, of those with @auth. */
  readers: ReadonlyMap<string, Role>;
  /** What their edges have. */
  edgeFields: readonly string[];
}

/** The condition on the rows of a list: what the client asks for, of what is the viewer's. */
export function whereOf({ type, guard }: RowsOfType, { where }: ListArguments, context: Context): Where<TableName> {
  const own = ownRows(guard, context.viewer, context.roles);
  const asked = context.toWhere(type, where as never) as Where<TableName>;
  return own ? { and: [own, asked] } : asked;
}

/** Creates the resolver of a list of the rows of a table. */
export function toConnection({ table, orderBy }: ConnectionOf, name: string, rows: RowsOfType) {
  const byDefault = toTerms<TableName>(orderBy);
  return async (_: unknown, args: ListArguments, context: Context): Promise<unknown> => {
    const { tables, columns, loaders, toOrderBy } = context;
    const given: AnyOrder = toOrderBy(rows.type, args.orderBy as never) as never;
    return (tables[table as TableName] as Table<TableName>).connection({
      name,
      where: whereOf(rows, args, context),
      orderBy: given.length > 0 ? given : byDefault,
      columns: columns[table as TableName] as readonly never[],
      page: toPage(args),
      onRows: (read) => loaders.known.add(table as TableName, read),
    });
  };
}
