import { type RawBuilder, sql } from 'kysely';
import type { TableName } from './schema.ts';
import { shapeOfTable, type TableDefinition, tableOf } from './table-definition.ts';

type AnyTable = TableDefinition<TableName>;

/** A table of pairs, through which rows of one table lead to rows of another. */
export interface Pairs {
  readonly definition: AnyTable;
  /** The foreign key to the table of the parents. */
  readonly by: string;
  /** The foreign key to the other table, and the key there. */
  readonly to: string;
  readonly target: string;
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
    nullable: [
      ...target.nullable,
      ...columns.filter((it) => nullable.includes(it)).map((it) => PREFIX + it),
    ] as never[],
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

/** The rows to which the pairs of a parent lead. No unqualified name is that of two columns. */
export function fromPairs(
  pairs: Pairs,
  target: Pick<AnyTable, 'schema' | 'table'>,
  parent: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const { definition, by, to, columns } = pairs;
  const own = columns.map((column) => sql`${sql.id(column)} as ${sql.id(PREFIX + column)}`);
  return sql`(
    select ${sql.join([sql`${sql.id(to)} as "$"`, ...own])} from ${tableOf(definition)} where ${sql.id(by)} = ${parent}
  ) "$pair" join ${tableOf(target)} on ${sql.id(target.table, pairs.target)} = "$pair"."$"`;
}

/** The SQL type of the parents' key. */
export function typeOfParent({ definition, by }: Pairs): string {
  return Reflect.get(definition.types, by);
}

/** The part of a statement's shape that the pairs determine. */
export function shapeOfPairs({ definition, by, to, columns }: Pairs): string {
  return `${shapeOfTable(definition)} ${by} ${to} ${columns}`;
}
