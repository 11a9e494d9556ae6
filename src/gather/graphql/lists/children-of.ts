import type { Context } from '../../context.ts';
import type { Id } from '../../database/column-types.ts';
import { type OrderTerm, toTerms, toTotalOrder } from '../../database/order.ts';
import { toPage } from '../../database/page.ts';
import { inPairs, type Pairs, withPairs } from '../../database/pairs.ts';
import type { Children } from '../../database/parent-pages.ts';
import type { TableName } from '../../database/schema.ts';
import type { TableDefinition } from '../../database/table-definition.ts';
import type { Definitions } from '../../database/tables.ts';
import type { HasMany, ManyToMany } from '../define-type.ts';
import { type ListArguments, type RowsOfType, whereOf } from './connection-of.ts';
import { pairColumns } from './hops.ts';

/** The position of a list of children. */
interface Place {
  type: string;
  name: string;
  /** The table of its type. */
  table: TableName;
  rows: RowsOfType;
  definitions: Definitions;
}

type AnyTable = TableDefinition<TableName>;
type AnyOrder = readonly OrderTerm<TableName>[];

/** Creates the function that loads the list of each parent: a connection, or all rows, as the SDL says. */
export function toChildLists(field: HasMany | ManyToMany, { type, name, table, rows, definitions }: Place) {
  const children = field.kind === 'hasMany' ? referring(field, definitions) : paired(field, table, rows, definitions);
  const by = children.parent ?? children.pairs?.by ?? '';
  const { key } = definitions[table];
  const byDefault = toTerms<TableName>(field.orderBy);
  const list = { ...children, name: `${name}By${by.charAt(0).toUpperCase()}${by.slice(1)}` };
  return (parents: readonly object[], args: ListArguments, context: Context): unknown[] | Promise<unknown[]> => {
    const page = toPage(args);
    const lists = context.loaders.listsOf(`${type}.${name}`, args, () => {
      const given: AnyOrder = context.toOrderBy(rows.type, args.orderBy as never) as never;
      const order = toOrder(children, given.length > 0 ? given : byDefault);
      return {
        shape: JSON.stringify([args.where, given, page.isBackward, page.after, page.before]),
        list: { ...list, where: whereOf(rows, args, context), order, bounds: page },
      };
    });
    const keys = parents.map((parent): Id => Reflect.get(parent, key));
    return rows.isPaged ? lists.of(keys, page) : lists.allOf(keys);
  };
}

function referring({ table, by }: HasMany, definitions: Definitions): Children<TableName> {
  return { definition: definitions[table as TableName] as AnyTable, parent: by as never, pairs: undefined };
}

function paired(field: ManyToMany, parent: TableName, rows: RowsOfType, definitions: Definitions): Children<TableName> {
  const columns = pairColumns(field, parent, definitions);
  if (!columns) throw new Error(`Table ${field.through} does not pair ${parent} with ${field.table}.`);
  const definition = definitions[field.through as TableName] as AnyTable;
  const target = definitions[field.table as TableName] as AnyTable;
  const ofEdge = rows.edgeFields.filter((column) => Object.hasOwn(definition.types, column));
  // If a pair may occur twice, its key tells the edges apart.
  const own = definition.key === columns.by || definition.key === columns.to ? [] : [definition.key];
  const pairs: Pairs = { definition, ...columns, target: target.key, columns: [...new Set([...ofEdge, ...own])] };
  return { definition: withPairs(target, pairs), parent: undefined, pairs };
}

function toOrder({ definition, pairs }: Children<TableName>, terms: AnyOrder): AnyOrder {
  const order = toTotalOrder(terms, definition.key);
  if (!pairs?.columns.includes(pairs.definition.key)) return order;
  return [...order, { column: inPairs(pairs.definition.key) as never, direction: order.at(-1)?.direction ?? 'asc' }];
}
