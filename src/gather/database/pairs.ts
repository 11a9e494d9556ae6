import { type RawBuilder, sql } from 'kysely';
import type { TableName } from './schema.ts';
import { shapeOfTable, type TableDefinition, tableOf } from './table-definition.ts';

type AnyTable = TableDefinition<TableName>;

/** A table of pairs, through which rows of one table lead to rows of another. */
export interface Pairs {
  readonly definition: AnyTable;
  /** Its foreign key to the table of the parents. */
  readonly by: readonly string[];
  /** Its foreign key to the other table, and the unique key there. */
  readonly to: readonly string[];
  readonly target: readonly string[];
  /** Its own columns that are read. */
  readonly columns: readonly string[];
}

/** The columns of the pairs have this before their names among those of the other table. */
const PREFIX = '$';

/** A table and the columns of the pairs that lead to its rows, as if they were one table. */
export function withPairs(target: AnyTable, { definition, columns }: Pairs): AnyTable {
  const added = columns.map((column) => [PREFIX + column, Reflect.get(definition.types, column)]);
  const nullable: readonly string[] = definition.nullable;
  return {
    ...target,
    types: { ...target.types, ...Object.fromEntries(added) },
    nullable: [...target.nullable, ...columns.filter((it) => nullable.includes(it)).map(inPairs)] as never[],
  };
}

/** The values of the pair of a row, by the names of its columns. */
export function pairOf({ columns }: Pairs, row: object): object {
  return Object.fromEntries(columns.map((column) => [column, Reflect.get(row, PREFIX + column)]));
}

/** The name of a column of the pairs among those of the other table. */
export function inPairs(column: string): string {
  return PREFIX + column;
}

/**
 * The rows to which the pairs of a parent lead. No unqualified name is that of two columns.
 * @param parent the values of its key
 */
export function fromPairs(
  { definition, by, to, target: key, columns }: Pairs,
  target: Pick<AnyTable, 'schema' | 'table'>,
  parent: readonly RawBuilder<unknown>[],
): RawBuilder<unknown> {
  const toKey = to.map((column, index) => sql`${sql.id(column)} as ${sql.id(`$to${index}`)}`);
  const own = columns.map((column) => sql`${sql.id(column)} as ${sql.id(PREFIX + column)}`);
  const ofParent = by.map((column, index) => sql`${sql.id(column)} = ${parent[index]}`);
  const joined = key.map((column, index) => sql`${sql.id(target.table, column)} = ${sql.id('$pair', `$to${index}`)}`);
  const and = sql` and `;
  return sql`(
    select ${sql.join([...toKey, ...own])} from ${tableOf(definition)} where ${sql.join(ofParent, and)}
  ) "$pair" join ${tableOf(target)} on ${sql.join(joined, and)}`;
}

/** The SQL types of the parents' key. */
export function typesOfParent({ definition, by }: Pairs): string[] {
  return by.map((column) => Reflect.get(definition.types, column));
}

/** The part of a statement's shape that the pairs determine. */
export function shapeOfPairs({ definition, by, to, columns }: Pairs): string {
  return `${shapeOfTable(definition)} ${by} ${to} ${columns}`;
}
