import type { Context } from '../../context.ts';
import { findForeignKey } from '../../database/foreign-key.ts';
import { type Key, NO_KEY, toKey } from '../../database/key.ts';
import { type OrderTerm, toTerms, toTotalOrder } from '../../database/order.ts';
import { toPage } from '../../database/page.ts';
import { inPairs, type Pairs, withPairs } from '../../database/pairs.ts';
import { type Children, countsName } from '../../database/parent-pages.ts';
import type { TableName } from '../../database/schema.ts';
import type { TableDefinition } from '../../database/table-definition.ts';
import type { Definitions } from '../../database/tables.ts';
import type { Lead } from '../../loaders/leads.ts';
import type { HasMany, ManyToMany } from '../define-type.ts';
import { type ListArguments, type RowsOfType, whereOf } from './connection-of.ts';
import { pairKeys } from './hops.ts';

/** The position of a list of children. */
interface Place {
  type: string;
  name: string;
  /** The table of its type. */
  table: TableName;
  rows: RowsOfType;
  definitions: Definitions;
}

/** Children, and the key by which their parents are known. */
interface ChildrenOfKey extends Children<TableName> {
  key: Key;
}

/** The lists of a field. */
interface ChildLists {
  /** The columns of a parent that they are found by. */
  reads: readonly string[];
  leads: readonly Lead[];
  /** Loads the list of each parent: a connection, or all rows, as the SDL says. */
  loadAll: (parents: readonly AnyRow[], args: ListArguments, context: Context) => unknown[] | Promise<unknown[]>;
}

type AnyRow = Readonly<Record<string, unknown>>;
type AnyTable = TableDefinition<TableName>;
type AnyOrder = readonly OrderTerm<TableName>[];

/** @throws Error if no foreign key leads to the rows */
export function toChildLists(field: HasMany | ManyToMany, place: Place): ChildLists {
  const { type, name, rows } = place;
  const { key, ...children } = field.kind === 'hasMany' ? referring(field, place) : paired(field, place);
  const by = children.pairs?.by ?? children.parent;
  const byDefault = toTerms<TableName>(field.orderBy);
  const list = { ...children, name: `${name}By${by.map(capitalise).join('And')}` };
  return {
    reads: key.columns,
    leads: [
      { loader: list.name, rows: field.table as TableName },
      { loader: countsName(list.name), rows: null },
    ],
    loadAll: (parents, args, context) => {
      const page = toPage(args);
      const lists = context.loaders.listsOf(`${type}.${name}`, args, () => {
        const given: AnyOrder = context.toOrderBy(rows.type, args.orderBy as never) as never;
        return {
          shape: JSON.stringify([args.where, given, page.isBackward, page.after, page.before]),
          list: {
            ...list,
            where: whereOf(rows, args, context),
            order: toOrder(children, given.length > 0 ? given : byDefault),
            bounds: page,
          },
        };
      });
      const keys = parents.map((parent) => key.textOf(parent) ?? NO_KEY);
      return rows.isPaged ? lists.of(keys, page) : lists.allOf(keys);
    },
  };
}

function referring({ table, by }: HasMany, { definitions }: Place): ChildrenOfKey {
  const key = findForeignKey(definitions, table as TableName, by);
  if (!key) throw new Error(`Column "${by}" of table ${table} is no foreign key.`);
  const definition = definitions[table as TableName] as AnyTable;
  return { definition, parent: key.columns as readonly never[], pairs: undefined, key: toKey(key.to) };
}

function paired(field: ManyToMany, { table, rows, definitions }: Place): ChildrenOfKey {
  const keys = pairKeys(field, table, definitions);
  if (!keys) throw new Error(`Table ${field.through} does not pair ${table} with ${field.table}.`);
  const { by, to } = keys;
  const definition = definitions[field.through as TableName] as AnyTable;
  const target = definitions[field.table as TableName] as AnyTable;
  const ofEdge = rows.edgeFields.filter((column) => Object.hasOwn(definition.types, column));
  // If a pair may occur twice, its key tells the edges apart.
  const ofKey: readonly string[] = definition.key;
  const own = ofKey.filter((column) => !by.columns.includes(column) && !to.columns.includes(column));
  const columns = [...new Set([...ofEdge, ...own])];
  const pairs: Pairs = { definition, by: by.columns, to: to.columns, target: to.to, columns };
  return { definition: withPairs(target, pairs), parent: [], pairs, key: toKey(by.to) };
}

/** The order of rows; of edges, if pairs have a key of their own. */
function toOrder({ definition, pairs }: Children<TableName>, terms: AnyOrder): AnyOrder {
  const order = toTotalOrder(terms, definition.key);
  const direction = order.at(-1)?.direction ?? 'asc';
  const ofKey = pairs ? (pairs.definition.key as readonly string[]) : [];
  const own = ofKey.filter((column) => pairs?.columns.includes(column));
  return [...order, ...own.map((column) => ({ column: inPairs(column) as never, direction }))];
}

function capitalise(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
